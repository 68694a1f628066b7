#include "dialect/openai/delta_read.hpp"

#include "base/text.hpp"
#include "chat/scalar.hpp"
#include "dialect/openai/usage_read.hpp"

namespace gw::dialect::openai {

namespace od = simdjson::ondemand;

namespace {

constexpr std::size_t max_elements = 1024;  // of a list in one delta; what comes beyond is no answer

class ChunkReader {
 public:
  explicit ChunkReader(std::string_view json) : json_(json) {}

  Chunk read();

 private:
  void read_choice(od::value& value);
  void read_delta(od::value& value, Delta& out);
  void read_content(od::value& value, Delta& out);
  void read_content_part(od::value& value, Delta& out);
  void read_call(od::value& value, CallDelta& out);
  void read_function(od::value& value, CallDelta& out);
  void read_extra(od::value& value, CallDelta& out);
  void read_detail(od::value& value, Delta& out);
  void read_usage(od::value& value, std::optional<Usage>& out);

  // Views into the bytes themselves: the parser's copy may be gone when they are told.
  [[nodiscard]] std::string_view here(std::string_view view) const { return original(view, json_); }

  [[nodiscard]] Raw text(od::value& value) const {
    const Raw raw = inside(value);
    return chat::has_valid_escapes(raw) ? here(raw) : Raw{};
  }

  [[nodiscard]] static std::optional<std::uint64_t> number(od::value& value) { return parse_u64(token_of(value)); }

  // A value that goes on as it is.
  [[nodiscard]] JsonText passed_on(od::value& value) const {
    const JsonText text = whole(value);
    return is_json(text) ? here(text) : JsonText{};
  }

  std::string_view json_;
  Chunk out_;
};

bool is_object(od::value& value) {
  return token_of(value).starts_with('{');
}

bool is_array(od::value& value) {
  return token_of(value).starts_with('[');
}

Chunk ChunkReader::read() {
  od::document document;
  od::value root;
  if (parse(json_, document) != simdjson::SUCCESS || document.get_value().get(root) != simdjson::SUCCESS) return {};
  each_member(root, [&](std::string_view key, od::value& value) {
    if (key == "id") {
      out_.id = text(value);
    } else if (key == "model") {
      out_.model = text(value);
    } else if (key == "choices" && is_array(value)) {
      each_element(value, [&](od::value& item) {
        read_choice(item);
        return out_.choices.size() < max_elements;
      });
    } else if (key == "usage") {
      read_usage(value, out_.usage);
    } else if (key == "x_groq" && is_object(value)) {  // Groq's, when the client did not ask for it
      each_member(value, [&](std::string_view name, od::value& inner) {
        if (name == "usage") read_usage(inner, out_.usage);
        return true;
      });
    }
    return true;
  });
  return std::move(out_);
}

void ChunkReader::read_usage(od::value& value, std::optional<Usage>& out) {
  od::object object;
  if (is_object(value) && value.get_object().get(object) == simdjson::SUCCESS) out = openai::read_usage(object);
}

void ChunkReader::read_choice(od::value& value) {
  if (!is_object(value)) return;
  ChoiceDelta& choice = out_.choices.emplace_back();
  each_member(value, [&](std::string_view key, od::value& member) {
    if (key == "index") {
      choice.index = number(member).value_or(0);
    } else if (key == "delta" || key == "message") {
      if (is_object(member)) read_delta(member, choice.delta);
    } else if (key == "text") {  // the older completions shape
      if (const Raw said = text(member); !said.empty()) choice.delta.pieces.push_back({false, said});
    } else if (key == "finish_reason") {
      if (const Raw reason = text(member); reason != "null") choice.finish = reason;
    } else if (key == "logprobs") {
      if (is_object(member)) choice.logprobs = passed_on(member);
    } else if (key == "usage") {  // Moonshot's place
      read_usage(member, choice.usage);
    }
    return true;
  });
}

void ChunkReader::read_delta(od::value& value, Delta& out) {
  each_member(value, [&](std::string_view key, od::value& member) {
    if (key == "content") {
      read_content(member, out);
    } else if (key == "reasoning_content" || key == "reasoning") {
      // Some send both, with the same text.
      if (const Raw said = text(member); out.reasoning.empty()) out.reasoning = said;
    } else if (key == "reasoning_details" && is_array(member)) {
      each_element(member, [&](od::value& item) {
        read_detail(item, out);
        return out.details.size() < max_elements;
      });
    } else if (key == "refusal") {
      out.refusal = text(member);
    } else if (key == "tool_calls" && is_array(member)) {
      each_element(member, [&](od::value& item) {
        read_call(item, out.calls.emplace_back());
        return out.calls.size() < max_elements;
      });
    } else if (key == "function_call" && is_object(member)) {  // the legacy one, which is alone
      CallDelta& call = out.calls.emplace_back();
      call.index = 0;
      read_function(member, call);
    } else if (key == "annotations" && is_array(member)) {
      each_element(member, [&](od::value& item) {
        if (const JsonText json = passed_on(item); json.starts_with('{')) out.annotations.push_back(json);
        return true;
      });
    }
    return true;
  });
}

void ChunkReader::read_content(od::value& value, Delta& out) {
  if (is_array(value)) {
    each_element(value, [&](od::value& item) {
      read_content_part(item, out);
      return true;
    });
    return;
  }
  if (const Raw said = text(value); !said.empty()) out.pieces.push_back({false, said});
}

// {"type":"text","text":"..."} or {"type":"thinking","thinking":[{"type":"text","text":"..."}]}
void ChunkReader::read_content_part(od::value& value, Delta& out) {
  if (!is_object(value)) return;
  each_member(value, [&](std::string_view key, od::value& member) {
    if (key == "text") {
      if (const Raw said = text(member); !said.empty()) out.pieces.push_back({false, said});
    } else if (key == "thinking" && is_array(member)) {
      each_element(member, [&](od::value& item) {
        if (!is_object(item)) return true;
        each_member(item, [&](std::string_view name, od::value& inner) {
          if (name != "text") return true;
          if (const Raw said = text(inner); !said.empty()) out.pieces.push_back({true, said});
          return true;
        });
        return true;
      });
    }
    return true;
  });
}

void ChunkReader::read_call(od::value& value, CallDelta& out) {
  if (!is_object(value)) return;
  each_member(value, [&](std::string_view key, od::value& member) {
    if (key == "index") {
      out.index = number(member);
    } else if (key == "id") {
      out.id = text(member);
    } else if (key == "function" && is_object(member)) {
      read_function(member, out);
    } else if (key == "extra_content" && is_object(member)) {
      read_extra(member, out);
    }
    return true;
  });
}

void ChunkReader::read_function(od::value& value, CallDelta& out) {
  each_member(value, [&](std::string_view key, od::value& member) {
    if (key == "name") {
      out.name = text(member);
    } else if (key == "arguments") {
      if (is_object(member)) {
        out.arguments_object = passed_on(member);
      } else {
        out.arguments = text(member);
      }
    }
    return true;
  });
}

void ChunkReader::read_extra(od::value& value, CallDelta& out) {
  each_member(value, [&](std::string_view vendor, od::value& member) {
    if (vendor != "google" || !is_object(member)) return true;
    each_member(member, [&](std::string_view key, od::value& signature) {
      if (key == "thought_signature") out.proof = text(signature);
      return true;
    });
    return true;
  });
}

void ChunkReader::read_detail(od::value& value, Delta& out) {
  if (!is_object(value)) return;
  DetailDelta& detail = out.details.emplace_back();
  each_member(value, [&](std::string_view key, od::value& member) {
    if (key == "type") {
      detail.is_sealed = token_of(member) == R"("reasoning.encrypted")";
    } else if (key == "index") {
      detail.index = number(member);
    } else if (key == "id") {
      detail.id = text(member);
    } else if (key == "text" || key == "summary") {
      detail.text = text(member);
    } else if (key == "signature" || key == "data") {
      if (const Raw proof = text(member); !proof.empty()) detail.proof = proof;
    }
    return true;
  });
}

}  // namespace

Chunk read_chunk(std::string_view json) {
  return ChunkReader(json).read();
}

}  // namespace gw::dialect::openai
