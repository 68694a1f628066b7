#include "relay/vision.hpp"

#include "base/text.hpp"
#include "dialect/data_url.hpp"
#include "relay/inner_call.hpp"
#include "relay/pause.hpp"
#include "relay/vision_cache.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

namespace gw::relay {
namespace {

using Visit = VisionCache::Visit;

constexpr std::string_view purpose = "image";
constexpr std::size_t width = 4;  // images of a request that are described at once
constexpr std::uint64_t max_description_tokens = 4096;
constexpr std::size_t max_description_bytes = std::size_t{64} * 1024;

// Where an image is, as its dialect wrote it: a URL, or data with its type.
struct Source {
  dialect::Raw url;
  dialect::Raw media_type;
  dialect::Raw data;
};

Source source_of(std::string_view body, const chat::Image& image) {
  const auto text = [&](const chat::Span& span) { return body.substr(span.offset, span.length); };
  if (image.is_base64) return {{}, text(image.media_type), text(image.content)};
  const dialect::Raw url = text(image.content);
  if (const auto inside = dialect::data_url(url)) return {{}, inside->media_type, inside->data};
  return {url, {}, {}};
}

// By what it shows and what was asked of it: the same image in another dialect is the same.
class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }

  void add(std::string_view plain) {
    EVP_DigestUpdate(context_.get(), plain.data(), plain.size());
    EVP_DigestUpdate(context_.get(), "", 1);
  }

  void add_raw(dialect::Raw raw) {
    if (raw.find('\\') == std::string_view::npos) {
      add(raw);
    } else {
      add(dialect::from_raw(raw));
    }
  }

  [[nodiscard]] VisionCache::Key key() {
    VisionCache::Key out{};
    EVP_DigestFinal_ex(context_.get(), out.data(), nullptr);
    return out;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

VisionCache::Key key_of(const Source& source, std::string_view prompt) {
  Digest digest;
  digest.add(prompt);
  digest.add_raw(source.url);
  digest.add_raw(source.media_type);
  digest.add_raw(source.data);
  return digest.key();
}

// One request's images, worked at by several tasks of its shard.
struct Job {
  Job(Context& of, Services with) : context(of), services(with), images(of.request->image_parts) {
    found.resize(images.size());
    prompt = dialect::to_raw(settings().prompt);
  }

  [[nodiscard]] const config::ImageDescription& settings() const { return context.config->providers.image_description; }

  [[nodiscard]] TimePoint deadline() const { return context.exchange.received() + context.config->retries.deadline; }

  // The rest is of no use any more.
  void fail(const Error& why) {
    if (error) return;
    error = why;
    stop(this, net::Stop::client_gone);
  }

  static void stop(void* job, net::Stop reason) {
    for (net::Cancel& cancel : static_cast<Job*>(job)->cancels) cancel.request(reason);
  }

  Context& context;
  Services services;
  std::span<const chat::Image> images;
  std::string prompt;  // inside of a literal
  std::vector<VisionCache::Found> found;
  std::size_t next = 0;
  std::size_t working = 0;
  std::uint32_t described = 0;
  std::optional<Error> error;
  std::array<net::Cancel, width> cancels;  // of each task its own: what waits at the same time has one each
  net::Wakeup done;
};

net::Task<Result<InnerAnswer>> ask_about(Job& job, const Source& source, net::Cancel& cancel) {
  Context& context = job.context;
  dialect::Conversation conversation;
  conversation.max_tokens = max_description_tokens;
  dialect::Turn& turn = conversation.turns.emplace_back();
  turn.parts.emplace_back().text = job.prompt;
  dialect::Part& image = turn.parts.emplace_back();
  image.kind = dialect::Part::Kind::image;
  image.url = source.url;
  image.media_type = source.media_type;
  image.data = source.data;
  const Asker asker{
      {context.exchange.shard(), *context.config, cancel, job.services},
      context.exchange.received(),
      purpose,
      context.outcome.inner};
  net::Task<Result<InnerAnswer>> asking = ask(asker, context.catalog->vision(), conversation);
  Result<InnerAnswer> answer = co_await asking;
  co_return answer;
}

// Of the visit that leads.
net::Task<Result<VisionCache::Found>> make(Job& job, const Source& source, Visit& visit, net::Cancel& cancel) {
  net::Task<Result<InnerAnswer>> asking = ask_about(job, source, cancel);
  Result<InnerAnswer> answer = co_await asking;
  if (answer) {
    ++job.described;
    answer->text.resize(clip_utf8(answer->text, max_description_bytes).size());
    const std::size_t max_bytes = job.settings().cache_mb * 1024 * 1024;
    co_return visit.succeed({std::move(answer->text), std::string(answer->model)}, Clock::now(), max_bytes);
  }
  const Error& error = answer.error();
  // What ended this request alone is no answer to the others that wait: the next of them asks.
  const bool is_own = cancel.reason() != net::Stop::none || Clock::now() >= job.deadline();
  if (!is_own) visit.fail(error);
  co_return error;
}

net::Task<Result<VisionCache::Found>> describe(Job& job, const chat::Image& image, net::Cancel& cancel) {
  if (image.content.length == 0) {
    co_return client_error(
        Errc::unsupported_input, "an image is given neither by a URL nor as data, so no other model can look at it"
    );
  }
  const Source source = source_of(job.context.body, image);
  net::Shard& shard = job.context.exchange.shard();
  const auto woken = std::make_shared<net::Wakeup>();
  // Woken by whoever leads, perhaps on another shard.
  Visit visit(job.services.descriptions, key_of(source, job.settings().prompt), [&shard, woken] {
    shard.post([woken] { woken->set(); });
  });
  Visit::State state = visit.begin(Clock::now(), job.settings().cache_ttl);
  if (state == Visit::State::waits) {
    net::Task<bool> waiting = pause(shard, job.deadline(), cancel, *woken);
    const bool goes_on = co_await waiting;
    if (!goes_on) co_return stopped_error(cancel.reason());
    state = visit.state();
  }
  switch (state) {
    case Visit::State::found:
      co_return visit.found();
    case Visit::State::failed:
      co_return visit.error();
    case Visit::State::waits:
      co_return upstream_error(Errc::total_timeout, "no description within the request's retries.deadline");
    case Visit::State::leads:
      break;
  }
  net::Task<Result<VisionCache::Found>> making = make(job, source, visit, cancel);
  Result<VisionCache::Found> made = co_await making;
  co_return made;
}

// The last one to leave says that the job is done, also when an exception ended it.
class Leaving {
 public:
  explicit Leaving(Job& job) noexcept : job_(job) {}

  ~Leaving() {
    if (--job_.working == 0) job_.done.set();
  }

  Leaving(const Leaving&) = delete;
  Leaving& operator=(const Leaving&) = delete;

 private:
  Job& job_;
};

net::Task<void> work(Job& job, net::Cancel& cancel) {
  const Leaving leaving(job);
  while (!job.error && job.next < job.images.size()) {
    const std::size_t index = job.next++;
    net::Task<Result<VisionCache::Found>> describing = describe(job, job.images[index], cancel);
    Result<VisionCache::Found> found = co_await describing;
    if (found) {
      job.found[index] = std::move(*found);
    } else {
      job.fail(found.error());
    }
  }
}

// All at once, as wide as allowed. The tasks end before this does.
net::Task<void> run(Job& job) {
  net::Cancel& cancel = job.context.cancel;
  const net::Cancel::Hook hook(cancel, Job::stop, &job);
  if (cancel.reason() != net::Stop::none) Job::stop(&job, cancel.reason());
  const std::size_t tasks = std::min(width, job.images.size());
  job.working = tasks;
  for (std::size_t i = 0; i < tasks; ++i) {
    job.context.exchange.shard().gate().spawn("describe", work(job, job.cancels.at(i)));
  }
  co_await job.done;
}

Error undescribed(const Error& why) {
  Error error = why;
  error.code = Errc::image_undescribed;
  // An image that vision models refuse, or that there are too many of, is the client's to mend.
  error.origin = is_refusal(why.code) || why.origin == Origin::client ? Origin::client : Origin::upstream;
  error.retry = Retry::elsewhere;
  error.upstream_status.reset();
  error.param.clear();
  error.message = "The images could not be described for a model that cannot see: " + why.message;
  return error;
}

bool is_ours(const Error& error) noexcept {
  return error.code == Errc::client_gone || error.code == Errc::shutting_down;
}

// The parts of the client's dialect that are text.
std::string_view text_type(const dialect::Client& client) noexcept {
  return client.own() == config::Protocol::v1_response ? "input_text" : "text";
}

// A number alone, not "2 of 3": the beginning of a conversation stays the same while it grows.
std::string framed(std::size_t index, const Description& description) {
  const std::string name = std::to_string(index + 1);
  return "[Image " + name + ", as a vision model describes it]\n" + description.text + "\n[End of image " + name + "]";
}

std::optional<Error> make_described(Context& context, const std::vector<VisionCache::Found>& found) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) return gateway_error(Errc::internal, "an image was not described");
    texts.push_back(framed(i, *found[i]));
  }
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  auto described = std::make_unique<Described>();
  described->body = in_words(context.body, context.request->image_parts, views, text_type(context.client));
  Result<chat::ChatRequest> request = context.client.read(described->body);
  if (!request) return request.error();
  described->request = std::move(*request);
  context.described = std::move(described);
  return std::nullopt;
}

net::Task<std::optional<Error>> make_words(Context& context, Services services, Images& books) {
  const chat::ChatRequest& request = *context.request;
  if (request.images > max_described_images || request.image_parts.size() > max_described_images) {
    co_return client_error(
        Errc::unsupported_input,
        "the request has " + std::to_string(request.images) + " images; at most " +
            std::to_string(max_described_images) + " are described"
    );
  }
  Job job(context, services);
  net::Task<void> running = run(job);
  co_await running;
  if (job.error) co_return job.error;
  books.described = std::min(job.described, static_cast<std::uint32_t>(job.images.size()));
  books.cached = static_cast<std::uint32_t>(job.images.size()) - books.described;
  if (!job.found.empty() && job.found.front()) books.model = job.found.front()->model;
  co_return make_described(context, job.found);
}

void count(telemetry::ShardMetrics& metrics, const Images& books, const BlockVector<InnerCall>& calls) {
  metrics.images_described.fetch_add(books.described, std::memory_order_relaxed);
  metrics.images_cached.fetch_add(books.cached, std::memory_order_relaxed);
  if (books.error && !is_ours(*books.error)) metrics.images_undescribed.fetch_add(1, std::memory_order_relaxed);
  for (const InnerCall& call : calls) {
    if (!call.usage || call.purpose != purpose) continue;
    metrics.inner_prompt_tokens.fetch_add(call.usage->prompt, std::memory_order_relaxed);
    metrics.inner_completion_tokens.fetch_add(call.usage->completion, std::memory_order_relaxed);
  }
}

}  // namespace

bool needs_words(const Context& context, const routing::Candidate& candidate) noexcept {
  return !candidate.multimodal && context.request->images != 0 && !context.catalog->vision().empty();
}

net::Task<std::optional<Error>> describe_images(Context& context, Services services) {
  Outcome& outcome = context.outcome;
  outcome.images = std::make_unique<Images>();
  Images& books = *outcome.images;
  books.begun = Clock::now();
  net::Task<std::optional<Error>> making = make_words(context, services, books);
  std::optional<Error> error = co_await making;
  if (error && !is_ours(*error)) error = undescribed(*error);
  books.error = error;
  books.duration = Clock::now() - books.begun;
  outcome.upstream_wait += books.duration;
  count(services.metrics, books, outcome.inner);
  co_return error;
}

std::string in_words(
    std::string_view body,
    std::span<const chat::Image> images,
    std::span<const std::string_view> texts,
    std::string_view text_type
) {
  std::size_t size = body.size();
  for (std::size_t i = 0; i < images.size(); ++i) size += texts[i].size() + 64 - std::min(size, images[i].part.length);
  std::string out;
  out.reserve(size + chat::padding);
  std::size_t at = 0;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const chat::Image& image = images[i];
    out.append(body.substr(at, image.part.offset - at));
    out.append(R"({"type":")").append(text_type).append(R"(","text":)");
    append_json_string(out, texts[i]);
    if (image.cache_control.length != 0) {
      out.append(R"(,"cache_control":)").append(body.substr(image.cache_control.offset, image.cache_control.length));
    }
    out.push_back('}');
    at = image.part.offset + image.part.length;
  }
  out.append(body.substr(at));
  out.reserve(out.size() + chat::padding);
  return out;
}

}  // namespace gw::relay
