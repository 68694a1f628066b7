#include "dialect/responses/input_write.hpp"

#include "base/hash.hpp"

#include <algorithm>

namespace gw::dialect::responses {
namespace {

constexpr std::size_t max_call_id = 64;
constexpr std::string_view paragraph = "\\n\\n";  // raw

// Sealed reasoning of OpenAI is a Fernet token; what another vendor signed is refused there.
bool is_own_proof(Raw proof) {
  return proof.starts_with("gAAAA");
}

bool has_text(const Turn& turn) {
  return std::any_of(turn.parts.begin(), turn.parts.end(), [](const Part& part) {
    return part.kind == Part::Kind::text && !part.text.empty();
  });
}

// A file whose data is its text: said as text, since files are taken in few formats.
bool is_text_file(const Part& part) {
  return part.kind == Part::Kind::file && !part.data.empty() && says(part.media_type, "text/plain");
}

bool is_only_text(const std::vector<Part>& parts) {
  return parts.size() == 1 && parts.front().kind == Part::Kind::text;
}

}  // namespace

void Dropped::operator()(std::string_view name) {
  if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.emplace_back(name);
}

void InputWriter::write(const std::vector<Turn>& turns) {
  const auto first =
      std::find_if(turns.begin(), turns.end(), [](const Turn& one) { return one.speaker != Speaker::system; });
  // What was said by the system before all else. Nothing else at all: it is the input then, which may not be empty.
  const std::size_t leading = first == turns.end() ? 0 : static_cast<std::size_t>(first - turns.begin());
  instructions(turns, leading);
  json_.key("input").begin_array();
  for (std::size_t i = leading; i < turns.size(); ++i) turn(turns[i]);
  json_.end_array();
}

void InputWriter::instructions(const std::vector<Turn>& turns, std::size_t count) {
  bool is_first = true;
  for (std::size_t i = 0; i < count; ++i) {
    for (const Part& part : turns[i].parts) {
      if (!part.cache_control.empty()) dropped_("cache_control");
      if (part.kind != Part::Kind::text) {
        dropped_("system content other than text");
        continue;
      }
      if (part.text.empty()) continue;
      if (is_first) {
        json_.key("instructions").json("\"");
      } else {
        out_.append(paragraph);
      }
      is_first = false;
      out_.append(part.text);
    }
  }
  if (!is_first) out_.push_back('"');
}

// Calls, results and reasoning are items beside the messages: a message ends where one of them stands.
void InputWriter::turn(const Turn& turn) {
  if (!turn.name.empty()) dropped_("name");
  const bool is_system = turn.speaker == Speaker::system;
  const std::string_view role = is_system && turn.is_developer       ? "developer"
                                : is_system                          ? "system"
                                : turn.speaker == Speaker::assistant ? "assistant"
                                                                     : "user";
  const Side side = turn.speaker == Speaker::assistant ? Side::output : Side::input;
  if (is_system && !has_text(turn)) return;
  for (const Part& part : turn.parts) {
    if (!part.cache_control.empty()) dropped_("cache_control");
    switch (part.kind) {
      case Part::Kind::call:
        end_message();
        call(part);
        break;
      case Part::Kind::result:
        end_message();
        result(part);
        break;
      case Part::Kind::reasoning:
        end_message();
        reasoning(part);
        break;
      case Part::Kind::text:
      case Part::Kind::image:
      case Part::Kind::file:
      case Part::Kind::audio:
      case Part::Kind::refusal:
        if (part.kind == Part::Kind::text && part.text.empty() && turn.parts.size() > 1) break;
        begin_message(role);
        content(part, side);
        break;
    }
  }
  end_message();
}

void InputWriter::begin_message(std::string_view role) {
  if (is_in_message_) return;
  is_in_message_ = true;
  json_.begin_object().key("type").string("message").key("role").string(role).key("content").begin_array();
}

void InputWriter::end_message() {
  if (is_in_message_) json_.end_array().end_object();
  is_in_message_ = false;
}

void InputWriter::content(const Part& part, Side side) {
  const bool is_input = side == Side::input;
  if (part.kind == Part::Kind::text) return text(is_input ? "input_text" : "output_text", "text", part.text);
  if (part.kind == Part::Kind::refusal) {
    return is_input ? text("input_text", "text", part.text) : text("refusal", "refusal", part.text);
  }
  if (part.kind == Part::Kind::audio) {
    refused_ = "audio input";
    return;
  }
  if (!is_input) return dropped_(part.kind == Part::Kind::image ? "image of the assistant" : "file of the assistant");
  if (part.kind == Part::Kind::image) return image(part);
  if (part.kind == Part::Kind::file) file(part);
}

void InputWriter::text(std::string_view type, std::string_view member, Raw text) {
  json_.begin_object().key("type").string(type).key(member).string(text).end_object();
}

void InputWriter::image(const Part& part) {
  json_.begin_object().key("type").string("input_image");
  if (!part.file_id.empty()) {
    json_.key("file_id").string(part.file_id);
  } else if (!part.data.empty()) {
    data_url("image_url", part, "image/png");
  } else {
    json_.key("image_url").string(part.url);
  }
  json_.key("detail").string(part.detail.empty() ? "auto" : part.detail).end_object();
}

void InputWriter::file(const Part& part) {
  if (is_text_file(part)) return text("input_text", "text", part.data);
  json_.begin_object().key("type").string("input_file");
  if (!part.file_id.empty()) {
    json_.key("file_id").string(part.file_id);
  } else if (!part.data.empty()) {
    json_.key("filename").string(part.name.empty() ? "document.pdf" : part.name);
    data_url("file_data", part, "application/pdf");
  } else {
    json_.key("file_url").string(part.url);
  }
  json_.end_object();
}

// Large: written where it goes, in one copy.
void InputWriter::data_url(std::string_view member, const Part& part, std::string_view default_type) {
  json_.key(member).json("\"data:");
  out_.append(part.media_type.empty() ? default_type : part.media_type).append(";base64,").append(part.data);
  out_.push_back('"');
}

// The same id gives the same text, so that a result still finds its call.
void InputWriter::call_id(Raw id) {
  if (id.size() <= max_call_id) {
    json_.key("call_id").string(id);
  } else {
    json_.key("call_id").string("call_" + std::to_string(stable_hash(id)));
  }
}

// No `id`: that is the item's, made by the provider, and one that it does not know is refused.
void InputWriter::call(const Part& part) {
  json_.begin_object().key("type").string("function_call");
  call_id(part.id);
  json_.key("name").string(part.name).key("arguments");
  if (!part.arguments.object.empty()) {
    json_.plain(part.arguments.object);
  } else {
    json_.string(part.arguments.text.empty() ? "{}" : part.arguments.text);
  }
  json_.end_object();
}

void InputWriter::result(const Part& part) {
  if (part.is_error) dropped_("is_error");
  json_.begin_object().key("type").string("function_call_output");
  call_id(part.id);
  json_.key("output");
  if (part.parts.empty()) {
    json_.string("");
  } else if (is_only_text(part.parts)) {
    json_.string(part.parts.front().text);
  } else {
    json_.begin_array();
    for (const Part& one : part.parts) content(one, Side::input);
    json_.end_array();
  }
  json_.end_object();
}

// Nothing is stored at the provider, so an item of reasoning is only known by what is sealed in it.
void InputWriter::reasoning(const Part& part) {
  if (!is_own_proof(part.proof)) return dropped_("reasoning of earlier turns");
  has_reasoning_ = true;
  json_.begin_object().key("type").string("reasoning").optional_string("id", part.id).key("summary").begin_array();
  if (!part.text.empty()) text("summary_text", "text", part.text);
  json_.end_array().key("encrypted_content").string(part.proof).end_object();
}

}  // namespace gw::dialect::responses
