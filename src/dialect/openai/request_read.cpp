// Facts: OpenAI's API reference, "Create chat completion"; `thinking` from DeepSeek's and Zhipu's, `enable_thinking`
// and `thinking_budget` from DashScope's, `reasoning` and `top_k` from OpenRouter's.
#include "dialect/openai/request_read.hpp"

#include "chat/chat.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace gw::dialect::openai {

namespace od = simdjson::ondemand;

namespace {

constexpr std::size_t keep_parser_bytes = std::size_t{1024} * 1024;

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

  bool left_out(od::value&, const Path& at) {
    reading_.leave_out(at);
    return true;
  }

  bool messages(od::value& value, const Path& at) { return read_messages(value, at, reading_, out_.turns); }

  bool stream(od::value& value, const Path& at);

  bool stream_options(od::value& value, const Path& at) {
    return read_stream_options(value, at, reading_, out_.wants_usage);
  }

  bool tools(od::value& value, const Path& at) { return read_tools(value, at, reading_, out_.tools); }

  bool functions(od::value& value, const Path& at) { return read_functions(value, at, reading_, out_.tools); }

  bool tool_choice(od::value& value, const Path& at) {
    return read_tool_choice(value, at, reading_, out_.tool_choice, allowed_);
  }

  bool function_call(od::value& value, const Path& at) {
    return read_function_choice(value, at, reading_, out_.tool_choice);
  }

  bool parallel(od::value& value, const Path& at) { return reading_.flag(value, at, out_.parallel_calls); }

  bool response_format(od::value& value, const Path& at);
  bool json_schema(od::value& value, const Path& at);

  bool max_tokens(od::value& value, const Path& at) { return reading_.count(value, at, max_tokens_); }

  bool max_completion_tokens(od::value& value, const Path& at) { return reading_.count(value, at, out_.max_tokens); }

  bool choices(od::value& value, const Path& at);

  bool temperature(od::value& value, const Path& at) { return reading_.number(value, at, out_.temperature); }

  bool top_p(od::value& value, const Path& at) { return reading_.number(value, at, out_.top_p); }

  bool top_k(od::value& value, const Path& at) { return reading_.number(value, at, out_.top_k); }

  bool frequency(od::value& value, const Path& at) { return reading_.number(value, at, out_.frequency_penalty); }

  bool presence(od::value& value, const Path& at) { return reading_.number(value, at, out_.presence_penalty); }

  bool seed(od::value& value, const Path& at) { return reading_.number(value, at, out_.seed); }

  bool logit_bias(od::value& value, const Path& at) { return reading_.object(value, at, out_.logit_bias); }

  bool metadata(od::value& value, const Path& at) { return reading_.object(value, at, out_.metadata); }

  bool stop(od::value& value, const Path& at) { return read_stop(value, at, reading_, out_.stop); }

  bool logprobs(od::value& value, const Path& at);

  bool top_logprobs(od::value& value, const Path& at) { return reading_.count(value, at, out_.top_logprobs); }

  bool user(od::value& value, const Path& at) { return reading_.text(value, at, user_); }

  bool safety_identifier(od::value& value, const Path& at) { return reading_.text(value, at, out_.user); }

  bool cache_key(od::value& value, const Path& at) { return reading_.text(value, at, out_.cache_key); }

  bool service_tier(od::value& value, const Path& at) { return reading_.text(value, at, out_.service_tier); }

  bool verbosity(od::value& value, const Path& at) { return reading_.text(value, at, out_.verbosity); }

  bool effort(od::value& value, const Path& at) { return reading_.text(value, at, out_.reasoning.effort); }

  bool enable_thinking(od::value& value, const Path& at) { return reading_.flag(value, at, out_.reasoning.is_on); }

  bool thinking_budget(od::value& value, const Path& at) { return reading_.count(value, at, out_.reasoning.budget); }

  bool thinking(od::value& value, const Path& at);
  bool reasoning(od::value& value, const Path& at);
  bool modalities(od::value& value, const Path& at);
  bool store(od::value& value, const Path& at);

  bool web_search(od::value&, const Path& at) {
    return reading_.refuse(at, "is a search of the provider's own, which other dialects' providers do not have.");
  }

  void settle();

  Conversation out_;
  Reading reading_;
  std::optional<std::uint64_t> max_tokens_;
  Raw user_;
  std::vector<Raw> allowed_;
};

const RequestReader::Known* RequestReader::find(std::string_view name) noexcept {
  static constexpr auto known = std::to_array<Known>({
      {"messages", &RequestReader::messages},
      {"model", &RequestReader::nothing},
      {"stream", &RequestReader::stream},
      {"stream_options", &RequestReader::stream_options},
      {"tools", &RequestReader::tools},
      {"functions", &RequestReader::functions},
      {"tool_choice", &RequestReader::tool_choice},
      {"function_call", &RequestReader::function_call},
      {"parallel_tool_calls", &RequestReader::parallel},
      {"response_format", &RequestReader::response_format},
      {"max_tokens", &RequestReader::max_tokens},
      {"max_completion_tokens", &RequestReader::max_completion_tokens},
      {"n", &RequestReader::choices},
      {"temperature", &RequestReader::temperature},
      {"top_p", &RequestReader::top_p},
      {"top_k", &RequestReader::top_k},
      {"frequency_penalty", &RequestReader::frequency},
      {"presence_penalty", &RequestReader::presence},
      {"seed", &RequestReader::seed},
      {"logit_bias", &RequestReader::logit_bias},
      {"metadata", &RequestReader::metadata},
      {"stop", &RequestReader::stop},
      {"logprobs", &RequestReader::logprobs},
      {"top_logprobs", &RequestReader::top_logprobs},
      {"user", &RequestReader::user},
      {"safety_identifier", &RequestReader::safety_identifier},
      {"prompt_cache_key", &RequestReader::cache_key},
      {"service_tier", &RequestReader::service_tier},
      {"verbosity", &RequestReader::verbosity},
      {"reasoning_effort", &RequestReader::effort},
      {"enable_thinking", &RequestReader::enable_thinking},
      {"thinking_budget", &RequestReader::thinking_budget},
      {"thinking", &RequestReader::thinking},
      {"reasoning", &RequestReader::reasoning},
      {"modalities", &RequestReader::modalities},
      {"audio", &RequestReader::nothing},  // how the answer is spoken: means nothing without the modality
      {"store", &RequestReader::store},
      {"web_search_options", &RequestReader::web_search},
  });
  const auto* const at =
      std::find_if(known.begin(), known.end(), [&](const Known& member) { return member.name == name; });
  return at == known.end() ? nullptr : at;
}

bool RequestReader::stream(od::value& value, const Path& at) {
  std::optional<bool> said;
  if (!reading_.flag(value, at, said)) return false;
  out_.is_stream = said.value_or(false);
  return true;
}

bool RequestReader::response_format(od::value& value, const Path& at) {
  if (!reading_.is_object(value, at)) return false;
  Raw type;
  const bool good = each_member(value, [&](std::string_view key, od::value& member) {
    const Path here{&at, key};
    if (key == "type") return reading_.text(member, here, type);
    if (key == "json_schema") return is_null(member) || json_schema(member, here);
    if (!is_null(member)) reading_.leave_out(here);
    return true;
  });
  if (!good) return false;
  if (says(type, "text")) {
    out_.format.kind = AnswerFormat::Kind::text;
  } else if (says(type, "json_object")) {
    out_.format.kind = AnswerFormat::Kind::json_object;
  } else if (says(type, "json_schema")) {
    out_.format.kind = AnswerFormat::Kind::json_schema;
    if (out_.format.schema.empty()) return reading_.fail(Path{&at, "json_schema"}, "given with its schema");
  } else {
    return reading_.refuse(at, "has a type that other dialects do not know.");
  }
  return true;
}

bool RequestReader::json_schema(od::value& value, const Path& at) {
  if (!reading_.is_object(value, at)) return false;
  AnswerFormat& format = out_.format;
  return each_member(value, [&](std::string_view key, od::value& member) {
    const Path here{&at, key};
    if (key == "name") return reading_.text(member, here, format.name);
    if (key == "description") return reading_.text(member, here, format.description);
    if (key == "schema") return reading_.object(member, here, format.schema);
    if (key == "strict") return reading_.flag(member, here, format.is_strict);
    if (!is_null(member)) reading_.leave_out(here);
    return true;
  });
}

bool RequestReader::choices(od::value& value, const Path& at) {
  std::optional<std::uint64_t> number;
  if (!reading_.count(value, at, number)) return false;
  out_.choices = std::max<std::uint64_t>(number.value_or(1), 1);
  return true;
}

bool RequestReader::logprobs(od::value& value, const Path& at) {
  std::optional<bool> said;
  if (!reading_.flag(value, at, said)) return false;
  out_.logprobs = said.value_or(false);
  return true;
}

bool RequestReader::thinking(od::value& value, const Path& at) {
  if (!reading_.is_object(value, at)) return false;
  return each_member(value, [&](std::string_view key, od::value& member) {
    const Path here{&at, key};
    if (key == "budget_tokens") return reading_.count(member, here, out_.reasoning.budget);
    if (key == "type") {
      Raw type;
      if (!reading_.text(member, here, type)) return false;
      if (says(type, "enabled")) out_.reasoning.is_on = true;
      if (says(type, "disabled")) out_.reasoning.is_on = false;
      return true;
    }
    if (!is_null(member)) reading_.leave_out(here);
    return true;
  });
}

bool RequestReader::reasoning(od::value& value, const Path& at) {
  if (!reading_.is_object(value, at)) return false;
  Reasoning& reasoning = out_.reasoning;
  return each_member(value, [&](std::string_view key, od::value& member) {
    const Path here{&at, key};
    if (key == "effort") return reading_.text(member, here, reasoning.effort);
    if (key == "max_tokens") return reading_.count(member, here, reasoning.budget);
    if (key == "enabled") return reading_.flag(member, here, reasoning.is_on);
    if (key == "summary") return reading_.text(member, here, reasoning.summary);
    if (!is_null(member)) reading_.leave_out(here);
    return true;
  });
}

bool RequestReader::modalities(od::value& value, const Path& at) {
  if (!reading_.is_array(value, at)) return false;
  std::size_t index = 0;
  return each_element(value, [&](od::value& item) {
    Raw modality;
    if (!reading_.text(item, Path{&at, {}, index++}, modality)) return false;
    return says(modality, "text") || reading_.refuse(at, "asks for more than text, which other dialects do not give.");
  });
}

bool RequestReader::store(od::value& value, const Path& at) {
  std::optional<bool> said;
  if (!reading_.flag(value, at, said)) return false;
  if (said.value_or(false)) reading_.leave_out(at);
  return true;
}

// What several members decide together.
void RequestReader::settle() {
  if (!out_.max_tokens) out_.max_tokens = max_tokens_;
  if (out_.user.empty()) out_.user = user_;
  // An effort of "none" is how OpenAI says that there shall be no reasoning.
  if (says(out_.reasoning.effort, "none")) {
    out_.reasoning.is_on = false;
    out_.reasoning.effort = {};
  }
  if (allowed_.empty()) return;
  std::erase_if(out_.tools, [&](const Tool& tool) {
    return std::none_of(allowed_.begin(), allowed_.end(), [&](Raw name) { return name == tool.name; });
  });
}

Result<Conversation> RequestReader::read(od::value& body) {
  const bool good = each_member(body, [&](std::string_view key, od::value& value) {
    const Path at{nullptr, key};
    if (is_null(value)) return true;
    const Known* const known = find(key);
    return known == nullptr ? left_out(value, at) : (this->*known->take)(value, at);
  });
  if (reading_.error()) return std::move(*reading_.error());
  if (!good) return client_error(Errc::invalid_request, "The request body is not valid JSON.");
  settle();
  return std::move(out_);
}

thread_local std::unique_ptr<od::parser> held_parser;

}  // namespace

// Kept between requests of a thread, but not the memory of a rare huge one.
od::parser& body_parser() {
  if (!held_parser || held_parser->capacity() > keep_parser_bytes) held_parser = std::make_unique<od::parser>();
  return *held_parser;
}

bool read_stop(od::value& value, const Path& at, Reading& reading, std::vector<Raw>& out) {
  if (token_of(value).starts_with('"')) return reading.text(value, at, out.emplace_back());
  if (!token_of(value).starts_with('[')) return reading.fail(at, "a string or an array of strings");
  std::size_t index = 0;
  return each_element(value, [&](od::value& item) {
    const Path here{&at, {}, index++};
    if (is_null(item)) return reading.fail(here, "a string");
    return reading.text(item, here, out.emplace_back());
  });
}

bool read_stream_options(od::value& value, const Path& at, Reading& reading, std::optional<bool>& wants_usage) {
  if (!reading.is_object(value, at)) return false;
  return each_member(value, [&](std::string_view key, od::value& member) {
    const Path here{&at, key};
    if (key == "include_usage") return reading.flag(member, here, wants_usage);
    // Padding of chunks against eavesdroppers is between provider and us.
    if (key != "include_obfuscation" && !is_null(member)) reading.leave_out(here);
    return true;
  });
}

Result<Conversation> read_conversation(std::string_view body, Keep& keep) {
  od::document document;
  od::value value;
  const auto code = body_parser().iterate(body.data(), body.size(), body.size() + chat::padding).get(document);
  if (code != simdjson::SUCCESS || document.get_value().get(value) != simdjson::SUCCESS) {
    return client_error(Errc::invalid_request, "The request body is not valid JSON.");
  }
  return RequestReader(keep).read(value);
}

}  // namespace gw::dialect::openai
