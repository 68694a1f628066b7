#include "dialect/gemini/answer.hpp"

#include "chat/scalar.hpp"
#include "dialect/provider_json.hpp"

#include <algorithm>
#include <array>

namespace gw::dialect::gemini {
namespace {

namespace od = simdjson::ondemand;

constexpr std::uint32_t max_index = 1024;  // of a candidate; the service makes eight

constexpr std::array<std::string_view, 10> filter_reasons{
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "MODEL_ARMOR"};

// The service gave up: another try may be an answer, this one is none.
constexpr std::array<std::string_view, 8> failure_reasons{
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MISSING_THOUGHT_SIGNATURE",
    "MALFORMED_RESPONSE",
    "OTHER",
    "NO_IMAGE",
    "IMAGE_OTHER"};

Ending ending_of(Raw reason) {
  if (reason.empty() || reason == "FINISH_REASON_UNSPECIFIED") return Ending::none;
  if (reason == "MAX_TOKENS") return Ending::length;
  if (std::find(filter_reasons.begin(), filter_reasons.end(), reason) != filter_reasons.end()) return Ending::filtered;
  if (std::find(failure_reasons.begin(), failure_reasons.end(), reason) != failure_reasons.end()) return Ending::failed;
  return Ending::stop;
}

bool is_true(od::value value) {
  bool flag = false;
  return value.get_bool().get(flag) == simdjson::SUCCESS && flag;
}

void read_count(od::value value, std::uint64_t& out) {
  out = std::max(out, count_in(value).value_or(0));
}

// A token of logprobsResult: {"token": "...", "tokenId": 1, "logProbability": -0.1}.
struct Token {
  Raw text;
  JsonText logprob;
};

class Reader {
 public:
  Reader(std::string_view json, Answer::Keeps keeps, Answer& out)
      : json_(json), keeps_parts_(keeps == Answer::Keeps::parts), out_(out) {}

  // False when the document is not JSON.
  bool read(od::object object);

 private:
  bool read_candidates(od::value& value);
  bool read_candidate(od::object object);
  bool read_content(od::object object, Candidate& candidate);
  bool read_parts(od::array list, Candidate& candidate);
  bool read_part(od::object object, AnswerPart& part);
  bool read_call(od::object object, AnswerPart& part);
  bool read_feedback(od::object object);
  bool read_usage(od::object object);
  bool read_logprobs(od::object object, Candidate& candidate);
  bool read_token(od::object object, Token& token);
  bool read_tokens(od::array list, std::vector<Token>& tokens);
  bool read_top_tokens(od::array list, std::vector<std::vector<Token>>& tops);

  // The inside of a text of the document, empty for anything else. False when its escapes are none.
  bool read_text(od::value& value, Raw& out) const;

  // Calls `take` with each member of an object.
  template <class Take>
  static bool each_member(od::object& object, const Take& take) {
    for (auto member : object) {
      od::field field;
      if (std::move(member).get(field) != simdjson::SUCCESS || !take(field)) return false;
    }
    return true;
  }

  // Calls `take` with each object in an array; what is none is passed over.
  template <class Take>
  static bool each_object(od::array& list, const Take& take) {
    for (auto element : list) {
      od::value value;
      od::object object;
      if (static_cast<simdjson::simdjson_result<od::value>&&>(element).get(value) != simdjson::SUCCESS) return false;
      if (value.get_object().get(object) == simdjson::SUCCESS && !take(object)) return false;
    }
    return true;
  }

  std::string_view json_;
  bool keeps_parts_;
  Answer& out_;
};

bool Reader::read_text(od::value& value, Raw& out) const {
  const Raw raw = inside(value);
  if (!chat::has_valid_escapes(raw)) return false;
  out = original(raw, json_);
  return true;
}

bool Reader::read_call(od::object object, AnswerPart& part) {
  part.is_call = true;
  std::string_view whole;
  if (object.raw_json().get(whole) != simdjson::SUCCESS) return false;
  part.call_bytes = whole.size();
  if (!keeps_parts_) return true;
  if (object.reset().error() != simdjson::SUCCESS) return false;
  return each_member(object, [&](od::field& field) {
    const od::raw_json_string key = field.key();
    if (key == "name") return read_text(field.value(), part.call_name);
    if (key == "id") return read_text(field.value(), part.call_id);
    od::object arguments;
    if (key != "args" || field.value().get_object().get(arguments) != simdjson::SUCCESS) return true;
    std::string_view raw;
    if (arguments.raw_json().get(raw) != simdjson::SUCCESS) return false;
    part.call_arguments = original(raw, json_);
    return true;
  });
}

bool Reader::read_part(od::object object, AnswerPart& part) {
  return each_member(object, [&](od::field& field) {
    const od::raw_json_string key = field.key();
    if (key == "text") return read_text(field.value(), part.text);
    if (key == "thoughtSignature") return read_text(field.value(), part.signature);
    if (key == "thought") {
      part.is_thought = is_true(field.value());
    } else if (key == "functionCall") {
      od::object call;
      if (field.value().get_object().get(call) == simdjson::SUCCESS) return read_call(call, part);
    }
    return true;
  });
}

bool Reader::read_parts(od::array list, Candidate& candidate) {
  return each_object(list, [&](od::object object) {
    AnswerPart part;
    if (!read_part(object, part)) return false;
    out_.has_content = out_.has_content || part.is_call || !part.text.empty();
    out_.content += part.text.size() + part.call_bytes;
    const bool is_first_text = out_.candidates_count == 1 && out_.text.empty() && !part.is_thought;
    if (is_first_text) out_.text = part.text;
    if (keeps_parts_) candidate.parts.push_back(part);
    return true;
  });
}

bool Reader::read_content(od::object object, Candidate& candidate) {
  return each_member(object, [&](od::field& field) {
    od::array list;
    const bool is_list = field.key() == "parts" && field.value().get_array().get(list) == simdjson::SUCCESS;
    return !is_list || read_parts(list, candidate);
  });
}

bool Reader::read_token(od::object object, Token& token) {
  return each_member(object, [&](od::field& field) {
    const od::raw_json_string key = field.key();
    if (key == "token") return read_text(field.value(), token.text);
    if (key != "logProbability") return true;
    const std::string_view raw = trimmed(field.value().raw_json_token());
    if (!chat::is_valid_scalar(raw)) return false;
    if (raw.front() == '-' || (raw.front() >= '0' && raw.front() <= '9')) token.logprob = original(raw, json_);
    return true;
  });
}

bool Reader::read_tokens(od::array list, std::vector<Token>& tokens) {
  return each_object(list, [&](od::object object) { return read_token(object, tokens.emplace_back()); });
}

bool Reader::read_top_tokens(od::array list, std::vector<std::vector<Token>>& tops) {
  return each_object(list, [&](od::object object) {
    std::vector<Token>& tokens = tops.emplace_back();
    return each_member(object, [&](od::field& field) {
      od::array inner;
      const bool is_list = field.key() == "candidates" && field.value().get_array().get(inner) == simdjson::SUCCESS;
      return !is_list || read_tokens(inner, tokens);
    });
  });
}

// The members that OpenAI gives for a token; its bytes are not said.
void write_token(JsonWriter& out, const Token& token) {
  out.key("token").string(token.text);
  out.key("logprob").json(token.logprob.empty() ? JsonText("-9999.0") : token.logprob);
  out.key("bytes").null();
}

std::string logprobs_json(const std::vector<Token>& chosen, const std::vector<std::vector<Token>>& tops) {
  std::string json;
  JsonWriter out(json);
  out.begin_object().key("content").begin_array();
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    out.begin_object();
    write_token(out, chosen[i]);
    out.key("top_logprobs").begin_array();
    if (i < tops.size()) {
      for (const Token& token : tops[i]) {
        out.begin_object();
        write_token(out, token);
        out.end_object();
      }
    }
    out.end_array().end_object();
  }
  out.end_array().key("refusal").null().end_object();
  return json;
}

bool Reader::read_logprobs(od::object object, Candidate& candidate) {
  std::vector<Token> chosen;
  std::vector<std::vector<Token>> tops;
  const bool is_json = each_member(object, [&](od::field& field) {
    const od::raw_json_string key = field.key();
    od::array list;
    if (key == "chosenCandidates") {
      return field.value().get_array().get(list) != simdjson::SUCCESS || read_tokens(list, chosen);
    }
    if (key == "topCandidates") {
      return field.value().get_array().get(list) != simdjson::SUCCESS || read_top_tokens(list, tops);
    }
    return true;
  });
  if (is_json && !chosen.empty()) candidate.logprobs = logprobs_json(chosen, tops);
  return is_json;
}

bool Reader::read_candidate(od::object object) {
  Candidate candidate;
  ++out_.candidates_count;
  const bool is_json = each_member(object, [&](od::field& field) {
    const od::raw_json_string key = field.key();
    od::object inner;
    if (key == "content") {
      return field.value().get_object().get(inner) != simdjson::SUCCESS || read_content(inner, candidate);
    }
    if (key == "finishReason") return read_text(field.value(), candidate.reason);
    if (key == "index") {
      std::uint64_t index = 0;
      read_count(field.value(), index);
      candidate.index = static_cast<std::uint32_t>(std::min<std::uint64_t>(index, max_index));
    } else if (key == "logprobsResult" && keeps_parts_) {
      return field.value().get_object().get(inner) != simdjson::SUCCESS || read_logprobs(inner, candidate);
    }
    return true;
  });
  if (!is_json) return false;
  candidate.ending = ending_of(candidate.reason);
  if (candidate.ending != Ending::none) ++out_.ended;
  if (candidate.index < max_candidates) {
    out_.seen.set(candidate.index);
    out_.done.set(candidate.index, candidate.ending != Ending::none);
  }
  out_.is_filtered = out_.is_filtered || candidate.ending == Ending::filtered;
  if (candidate.ending == Ending::failed && !out_.has_failed) {
    out_.has_failed = true;
    out_.failure_reason = candidate.reason;
  }
  if (keeps_parts_) out_.candidates.push_back(std::move(candidate));
  return true;
}

bool Reader::read_candidates(od::value& value) {
  od::array list;
  if (value.get_array().get(list) != simdjson::SUCCESS) return true;
  out_.has_candidates = true;
  return each_object(list, [&](od::object object) { return read_candidate(object); });
}

bool Reader::read_feedback(od::object object) {
  return each_member(object, [&](od::field& field) {
    if (field.key() != "blockReason") return true;
    if (!read_text(field.value(), out_.block_reason)) return false;
    out_.is_blocked = !out_.block_reason.empty() && out_.block_reason != "BLOCKED_REASON_UNSPECIFIED";
    return true;
  });
}

// OpenAI counts thoughts among the answer's tokens and what tools said among the prompt's.
bool Reader::read_usage(od::object object) {
  std::uint64_t prompt = 0;
  std::uint64_t tool_results = 0;
  std::uint64_t said = 0;
  Usage usage;
  const bool is_json = each_member(object, [&](od::field& field) {
    const od::raw_json_string key = field.key();
    if (key == "promptTokenCount") read_count(field.value(), prompt);
    if (key == "toolUsePromptTokenCount") read_count(field.value(), tool_results);
    if (key == "candidatesTokenCount") read_count(field.value(), said);
    if (key == "thoughtsTokenCount") read_count(field.value(), usage.reasoning);
    if (key == "cachedContentTokenCount") read_count(field.value(), usage.cached);
    if (key == "totalTokenCount") read_count(field.value(), usage.total);
    return true;
  });
  usage.prompt = prompt + tool_results;
  usage.completion = said + usage.reasoning;
  out_.usage = usage;
  return is_json;
}

bool Reader::read(od::object object) {
  return each_member(object, [&](od::field& field) {
    const od::raw_json_string key = field.key();
    od::object inner;
    if (key == "candidates") return read_candidates(field.value());
    if (key == "usageMetadata") {
      return field.value().get_object().get(inner) != simdjson::SUCCESS || read_usage(inner);
    }
    if (key == "promptFeedback") {
      return field.value().get_object().get(inner) != simdjson::SUCCESS || read_feedback(inner);
    }
    if (key == "responseId") return read_text(field.value(), out_.id);
    if (key == "modelVersion") return read_text(field.value(), out_.model);
    if (key == "error" && !is_no_error(field.value())) out_.error = read_error(field.value(), 0);
    return true;
  });
}

// The on-demand parser passed over the inside of arguments: they go on as JSON, so they must be some.
bool have_valid_arguments(const Answer& answer) {
  for (const Candidate& candidate : answer.candidates) {
    for (const AnswerPart& part : candidate.parts) {
      if (part.call_arguments.empty()) continue;
      simdjson::dom::parser parser;
      simdjson::dom::element element;
      const simdjson::padded_string copy(part.call_arguments);
      if (parser.parse(copy).get(element) != simdjson::SUCCESS) return false;
    }
  }
  return true;
}

}  // namespace

bool read_answer(std::string_view json, Answer::Keeps keeps, Answer& out) {
  od::document document;
  od::object object;
  if (parse(json, document) != simdjson::SUCCESS || document.get_object().get(object) != simdjson::SUCCESS) {
    return false;
  }
  if (!Reader(json, keeps, out).read(object)) return false;
  const char* behind = nullptr;
  return document.current_location().get(behind) != simdjson::SUCCESS && have_valid_arguments(out);
}

}  // namespace gw::dialect::gemini
