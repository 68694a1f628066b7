// Facts: OpenAI's API reference, "Completions" (legacy).
#include "dialect/openai/completions.hpp"

#include "dialect/openai/completions_write.hpp"
#include "dialect/openai/error_write.hpp"
#include "dialect/openai/request_read.hpp"

#include <algorithm>
#include <array>

namespace gw::dialect::openai {
namespace {

namespace od = simdjson::ondemand;

constexpr std::string_view only_native =
    " cannot be said to a chat model; give the request to a provider that has \"completions\": \"native\", or leave it "
    "out.";

// A completion's request as the conversation that comes to the same.
class RequestReader {
 public:
  explicit RequestReader(Keep& keep) : reading_(keep, out_.left_out) {}

  Result<Conversation> read(od::value& body);

 private:
  using Take = bool (RequestReader::*)(od::value&, const Path&);

  struct Known {
    std::string_view name;
    Take take;
  };

  static const Known* find(std::string_view name) noexcept;

  bool nothing(od::value&, const Path&) { return true; }

  bool prompt(od::value& value, const Path& at);
  bool stream(od::value& value, const Path& at);

  bool stream_options(od::value& value, const Path& at) {
    return read_stream_options(value, at, reading_, out_.wants_usage);
  }

  bool max_tokens(od::value& value, const Path& at) { return reading_.count(value, at, out_.max_tokens); }

  bool choices(od::value& value, const Path& at);

  bool temperature(od::value& value, const Path& at) { return reading_.number(value, at, out_.temperature); }

  bool top_p(od::value& value, const Path& at) { return reading_.number(value, at, out_.top_p); }

  bool frequency(od::value& value, const Path& at) { return reading_.number(value, at, out_.frequency_penalty); }

  bool presence(od::value& value, const Path& at) { return reading_.number(value, at, out_.presence_penalty); }

  bool seed(od::value& value, const Path& at) { return reading_.number(value, at, out_.seed); }

  bool logit_bias(od::value& value, const Path& at) { return reading_.object(value, at, out_.logit_bias); }

  bool stop(od::value& value, const Path& at) { return read_stop(value, at, reading_, out_.stop); }

  bool user(od::value& value, const Path& at) { return reading_.text(value, at, out_.user); }

  bool suffix(od::value& value, const Path& at);
  bool echo(od::value& value, const Path& at);
  bool logprobs(od::value& value, const Path& at);

  bool best_of(od::value& value, const Path& at) { return reading_.count(value, at, best_of_); }

  Conversation out_;
  Reading reading_;
  std::optional<std::uint64_t> best_of_;
};

const RequestReader::Known* RequestReader::find(std::string_view name) noexcept {
  static constexpr auto known = std::to_array<Known>({
      {"prompt", &RequestReader::prompt},
      {"model", &RequestReader::nothing},
      {"stream", &RequestReader::stream},
      {"stream_options", &RequestReader::stream_options},
      {"max_tokens", &RequestReader::max_tokens},
      {"n", &RequestReader::choices},
      {"temperature", &RequestReader::temperature},
      {"top_p", &RequestReader::top_p},
      {"frequency_penalty", &RequestReader::frequency},
      {"presence_penalty", &RequestReader::presence},
      {"seed", &RequestReader::seed},
      {"logit_bias", &RequestReader::logit_bias},
      {"stop", &RequestReader::stop},
      {"user", &RequestReader::user},
      {"suffix", &RequestReader::suffix},
      {"echo", &RequestReader::echo},
      {"logprobs", &RequestReader::logprobs},
      {"best_of", &RequestReader::best_of},
  });
  const auto* const at =
      std::find_if(known.begin(), known.end(), [&](const Known& member) { return member.name == name; });
  return at == known.end() ? nullptr : at;
}

bool RequestReader::prompt(od::value& value, const Path& at) {
  Part part;
  std::size_t prompts = 0;
  bool is_text = token_of(value).starts_with('"');
  bool good = true;
  if (is_text) {
    good = reading_.text(value, at, part.text);
  } else {
    good = each_element(value, [&](od::value& item) {
      is_text = token_of(item).starts_with('"');
      return ++prompts == 1 && is_text && reading_.text(item, at, part.text);
    });
  }
  if (!is_text) return reading_.refuse(at, "of tokens" + std::string(only_native));
  if (prompts > 1) return reading_.refuse(at, "of several texts" + std::string(only_native));
  if (!good) return false;
  Turn turn;
  turn.parts.push_back(part);
  out_.turns.push_back(std::move(turn));
  return true;
}

bool RequestReader::stream(od::value& value, const Path& at) {
  std::optional<bool> said;
  if (!reading_.flag(value, at, said)) return false;
  out_.is_stream = said.value_or(false);
  return true;
}

bool RequestReader::choices(od::value& value, const Path& at) {
  std::optional<std::uint64_t> number;
  if (!reading_.count(value, at, number)) return false;
  out_.choices = std::max<std::uint64_t>(number.value_or(1), 1);
  return true;
}

bool RequestReader::suffix(od::value& value, const Path& at) {
  Raw text;
  if (!reading_.text(value, at, text)) return false;
  return text.empty() || reading_.refuse(at, only_native.substr(1));
}

bool RequestReader::echo(od::value& value, const Path& at) {
  std::optional<bool> said;
  if (!reading_.flag(value, at, said)) return false;
  return !said.value_or(false) || reading_.refuse(at, only_native.substr(1));
}

// A number of tokens here; some clients say false for none.
bool RequestReader::logprobs(od::value& value, const Path& at) {
  return token_of(value) == "false" || reading_.refuse(at, only_native.substr(1));
}

Result<Conversation> RequestReader::read(od::value& body) {
  bool good = each_member(body, [&](std::string_view key, od::value& value) {
    const Path at{nullptr, key};
    if (is_null(value)) return true;
    const Known* const known = find(key);
    if (known != nullptr) return (this->*known->take)(value, at);
    reading_.leave_out(at);
    return true;
  });
  // The best of as many as are wanted are all of them.
  if (good && best_of_.value_or(1) > out_.choices) {
    good = reading_.refuse(Path{nullptr, "best_of"}, only_native.substr(1));
  }
  if (reading_.error()) return std::move(*reading_.error());
  if (!good) return client_error(Errc::invalid_request, "The request body is not valid JSON.");
  return std::move(out_);
}

class CompletionsClient final : public Client {
 public:
  [[nodiscard]] config::Protocol own() const noexcept override { return config::Protocol::openai; }

  [[nodiscard]] Operation operation() const noexcept override { return Operation::completions; }

  [[nodiscard]] Result<chat::ChatRequest> read(std::string_view body) const override {
    return chat::read_completions(body);
  }

  [[nodiscard]] Result<Conversation> conversation(std::string_view body, Keep& keep) const override {
    od::document document;
    od::value value;
    const auto code = body_parser().iterate(body.data(), body.size(), body.size() + chat::padding).get(document);
    if (code != simdjson::SUCCESS || document.get_value().get(value) != simdjson::SUCCESS) {
      return client_error(Errc::invalid_request, "The request body is not valid JSON.");
    }
    return RequestReader(keep).read(value);
  }

  [[nodiscard]] std::unique_ptr<AnswerWriter> stream(const AnswerHead& head, std::string& out) const override {
    return completion_stream_writer(head, out);
  }

  [[nodiscard]] std::unique_ptr<AnswerWriter> plain(const AnswerHead& head, std::string& out) const override {
    return completion_plain_writer(head, out);
  }

  [[nodiscard]] std::string error_body(const Error& error, int status) const override {
    return openai::error_body(error, status);
  }

  [[nodiscard]] std::string error_event(const Error& error, int status) const override {
    return openai::error_event(error, status);
  }
};

}  // namespace

const Client& completions_client() {
  static const CompletionsClient instance;
  return instance;
}

}  // namespace gw::dialect::openai
