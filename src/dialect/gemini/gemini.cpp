#include "dialect/gemini/gemini.hpp"

#include "base/text.hpp"
#include "dialect/failure.hpp"
#include "dialect/gemini/answer.hpp"
#include "dialect/gemini/request_write.hpp"
#include "dialect/gemini/tell.hpp"
#include "dialect/provider_json.hpp"
#include "dialect/target.hpp"
#include "http/write.hpp"

#include <algorithm>

namespace gw::dialect::gemini {
namespace {

Error not_the_dialect(std::string_view what) {
  return upstream_error(Errc::upstream_protocol, "the provider sent " + std::string(what));
}

Error blocked_error(Raw reason) {
  return upstream_error(Errc::content_policy, "the provider blocked the prompt: " + shown_message(from_raw(reason)));
}

Error failed_error(Raw reason) {
  return upstream_error(Errc::upstream_server, "the provider ended the answer with " + shown_message(from_raw(reason)));
}

// What is wrong with a document of a 2xx answer, if anything is.
std::optional<Error> error_in(const Answer& answer, const config::Provider& provider) {
  if (answer.error) return error_of(*answer.error, provider);
  if (answer.is_blocked && !answer.has_content) return blocked_error(answer.block_reason);
  if (answer.has_failed) return failed_error(answer.failure_reason);
  return std::nullopt;
}

Answer::Keeps keeps_for(const EventSink* sink) {
  return sink == nullptr ? Answer::Keeps::facts : Answer::Keeps::parts;
}

class Stream final : public ReplyStream {
 public:
  explicit Stream(const config::Provider& provider) : provider_(provider) {}

  Meaning read(const http::SseEvent& event, EventSink* sink) override {
    Meaning meaning;
    if (event.data.starts_with("[DONE]")) {  // the service has no terminator; what stands between may add one
      meaning.terminator = true;
      return meaning;
    }
    Answer answer;
    if (!read_answer(event.data, keeps_for(sink), answer)) {
      meaning.error = event.name == "error" ? error_of(read_error_body(event.data, 0), provider_)
                                            : not_the_dialect("an event that is not a JSON object");
      return meaning;
    }
    meaning.usage = answer.usage;
    meaning.content = answer.has_content;
    meaning.bytes = answer.content;
    seen_ |= answer.seen;
    done_ |= answer.done;
    meaning.is_open = (seen_ & ~done_).any();
    meaning.finished = answer.ended != 0 && !meaning.is_open;
    meaning.finished_choices = static_cast<std::uint32_t>(done_.count());
    meaning.filtered = answer.is_filtered;
    meaning.usage_only = answer.usage.has_value() && answer.candidates_count == 0;
    meaning.text = answer.text;
    meaning.error = error_in(answer, provider_);
    if (event.name == "error" && !meaning.error) {
      meaning.error = error_of(read_error_body(event.data, 0), provider_);
    }
    // What ends in an error ends with the client's words for it, not with a finish of its own.
    if (sink != nullptr && !meaning.error) teller_.tell(answer, *sink);
    return meaning;
  }

 private:
  const config::Provider& provider_;
  Teller teller_;
  std::bitset<max_candidates> seen_;
  std::bitset<max_candidates> done_;
};

// "gemini-2.5-flash" is one of the models; "tunedModels/mine" and "models/gemini-2.5-flash" say where they are.
std::string target_of(std::string_view base, std::string_view model, bool is_stream) {
  std::string endpoint(model.find('/') == std::string_view::npos ? "/models/" : "/");
  append_escaped(endpoint, model, true);
  endpoint.append(is_stream ? ":streamGenerateContent?alt=sse" : ":generateContent");
  return BasePath(base).with(endpoint, model);
}

std::string_view after_space(std::string_view json) {
  return json.substr(std::min(json.find_first_not_of(" \t\r\n"), json.size()));
}

class Gemini final : public Dialect {
 public:
  [[nodiscard]] Request request(const RequestInput& input) const override {
    Request out;
    out.target = target_of(input.base_path, input.model, input.is_stream);
    out.is_of_model = true;
    add_header(out.header_lines, input.provider, "Content-Type", "application/json");
    add_key(out.header_lines, input.provider, input.key, "x-goog-api-key");
    add_operators_headers(out.header_lines, input.provider);
    return out;
  }

  [[nodiscard]] Result<Written> write(const Conversation& conversation, const WriteInput& input) const override {
    return write_request(conversation, input);
  }

  [[nodiscard]] std::unique_ptr<ReplyStream> stream(const config::Provider& provider) const override {
    return std::make_unique<Stream>(provider);
  }

  [[nodiscard]] Result<ReplyFacts> reply(const config::Provider& provider, std::string_view body, EventSink* sink)
      const override {
    Answer answer;
    if (!read_answer(body, keeps_for(sink), answer)) {
      const bool is_markup = after_space(body).starts_with('<');
      return not_the_dialect(is_markup ? "a page of HTML" : "a reply that is not a JSON object");
    }
    if (auto error = error_in(answer, provider)) return std::move(*error);
    // Nothing but usage is an empty answer, nothing at all is none.
    if (!answer.has_candidates && !answer.usage) return not_the_dialect("a reply without candidates");
    if (sink != nullptr) Teller{}.tell(answer, *sink);
    ReplyFacts facts;
    facts.has_content = answer.has_content;
    facts.finished = answer.candidates_count != 0 && answer.ended == answer.candidates_count;
    facts.filtered = answer.is_filtered;
    facts.usage = answer.usage;
    facts.bytes = answer.content;
    facts.text = answer.text;
    return facts;
  }

  [[nodiscard]] bool begins_reply(std::string_view begun) const override {
    return after_space(begun).starts_with('{') && begun.find(R"("candidates")") != std::string_view::npos;
  }

  [[nodiscard]] std::optional<Usage> usage_within(std::string_view piece) const override {
    const auto found = object_in(piece, "usageMetadata");
    Answer answer;
    if (!found || !read_answer(R"({"usageMetadata":)" + std::string(*found) + '}', Answer::Keeps::facts, answer)) {
      return std::nullopt;
    }
    return answer.usage;
  }

  [[nodiscard]] Error failure(const config::Provider& provider, int status, std::string_view body) const override {
    Error error = error_of(read_error_body(body, status), provider);
    if (status >= 300 && status < 400) error.message += " (redirects are not followed; check base_url)";
    return error;
  }
};

}  // namespace

const Dialect& dialect() {
  static const Gemini instance;
  return instance;
}

}  // namespace gw::dialect::gemini
