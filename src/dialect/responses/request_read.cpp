#include "dialect/responses/request_read.hpp"

#include "chat/chat.hpp"
#include "dialect/body_read.hpp"
#include "dialect/responses/input_read.hpp"
#include "dialect/responses/tools_read.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace gw::dialect::responses {
namespace {

namespace od = simdjson::ondemand;

using Value = BodyReader::Value;

constexpr std::size_t keep_parser_bytes = std::size_t{1024} * 1024;

// Members without a meaning for another dialect: whom to route to, how a stream is packed, and what is not kept here.
constexpr std::array<std::string_view, 4> passed_over{"model", "store", "stream_options", "background"};

class RequestReader {
 public:
  RequestReader(Conversation& out, Keep& keep) noexcept : out_(out), reader_(out, keep, "OpenAI Responses") {}

  bool read(od::object object);

  [[nodiscard]] const std::optional<Error>& error() const noexcept { return reader_.error(); }

 private:
  bool member(std::string_view key, Value& value, const Path& path);
  bool sampling(std::string_view key, Value& value, const Path& path);
  bool names(std::string_view key, Value& value, const Path& path);
  bool instructions(Value& value, const Path& path);
  bool stream(Value& value, const Path& path);
  bool include(Value& value, const Path& path);
  bool reasoning(Value& value, const Path& path);
  bool text(Value& value, const Path& path);
  bool format(Value& value, const Path& path);
  bool truncation(Value& value, const Path& path);

  Conversation& out_;
  BodyReader reader_;
  Choice choice_;
  Raw instructions_;
  Raw safety_identifier_;
};

bool RequestReader::instructions(Value& value, const Path& path) {
  return reader_.text(value, path, instructions_);
}

bool RequestReader::stream(Value& value, const Path& path) {
  std::optional<bool> flag;
  if (!reader_.flag(value, path, flag)) return false;
  out_.is_stream = flag.value_or(false);
  return true;
}

bool RequestReader::include(Value& value, const Path& path) {
  if (is_null(value)) return true;
  BodyReader::Array list;
  if (!reader_.array(value, path, list)) return false;
  return reader_.elements(list, path, [&](Value& element, const Path& here) {
    Raw name;
    if (!reader_.text(element, here, name)) return false;
    if (name == "message.output_text.logprobs") {
      out_.logprobs = true;
    } else if (name != "reasoning.encrypted_content") {  // what is sealed is given anyway
      reader_.leave_out(here);
    }
    return true;
  });
}

bool RequestReader::reasoning(Value& value, const Path& path) {
  if (is_null(value)) return true;
  BodyReader::Object object;
  if (!reader_.object(value, path, object)) return false;
  Reasoning& out = out_.reasoning;
  const bool is_read = reader_.members(object, [&](std::string_view key, Value& member) {
    const Path here = path.at(key);
    if (key == "effort") return reader_.text(member, here, out.effort);
    if (key == "summary") return reader_.text(member, here, out.summary);
    if (key == "generate_summary") return !out.summary.empty() || reader_.text(member, here, out.summary);
    if (!is_null(member)) reader_.leave_out(here);
    return true;
  });
  if (out.effort == "none") out.is_on = false;
  return is_read;
}

bool RequestReader::format(Value& value, const Path& path) {
  if (is_null(value)) return true;
  BodyReader::Object object;
  if (!reader_.object(value, path, object)) return false;
  AnswerFormat& out = out_.format;
  Raw type;
  const bool is_read = reader_.members(object, [&](std::string_view key, Value& member) {
    const Path here = path.at(key);
    if (key == "type") return reader_.text(member, here, type);
    if (key == "name") return reader_.text(member, here, out.name);
    if (key == "description") return reader_.text(member, here, out.description);
    if (key == "schema") return reader_.object_text(member, here, out.schema);
    if (key == "strict") return reader_.flag(member, here, out.is_strict);
    if (!is_null(member)) reader_.leave_out(here);
    return true;
  });
  if (!is_read) return false;
  if (type == "text") {
    out.kind = AnswerFormat::Kind::text;
  } else if (type == "json_object") {
    out.kind = AnswerFormat::Kind::json_object;
  } else if (type == "json_schema") {
    out.kind = AnswerFormat::Kind::json_schema;
    if (out.schema.empty()) return reader_.wrong_type(path.at("schema"), "an object");
  } else {
    return reader_.unsupported(path.at("type"), "this format of an answer");
  }
  return true;
}

bool RequestReader::text(Value& value, const Path& path) {
  if (is_null(value)) return true;
  BodyReader::Object object;
  if (!reader_.object(value, path, object)) return false;
  return reader_.members(object, [&](std::string_view key, Value& member) {
    const Path here = path.at(key);
    if (key == "format") return format(member, here);
    if (key == "verbosity") return reader_.text(member, here, out_.verbosity);
    if (!is_null(member)) reader_.leave_out(here);
    return true;
  });
}

// Nobody else drops the middle of a conversation that is too long.
bool RequestReader::truncation(Value& value, const Path& path) {
  Raw mode;
  if (!reader_.text(value, path, mode)) return false;
  if (mode == "auto") reader_.leave_out(path);
  return true;
}

bool RequestReader::sampling(std::string_view key, Value& value, const Path& path) {
  if (key == "temperature") return reader_.number(value, path, out_.temperature);
  if (key == "top_p") return reader_.number(value, path, out_.top_p);
  if (key == "max_output_tokens") return reader_.count(value, path, out_.max_tokens);
  if (key == "top_logprobs") return reader_.count(value, path, out_.top_logprobs);
  if (key == "parallel_tool_calls") return reader_.flag(value, path, out_.parallel_calls);
  return names(key, value, path);
}

bool RequestReader::names(std::string_view key, Value& value, const Path& path) {
  if (key == "user") return reader_.text(value, path, out_.user);
  if (key == "safety_identifier") return reader_.text(value, path, safety_identifier_);
  if (key == "prompt_cache_key") return reader_.text(value, path, out_.cache_key);
  if (key == "service_tier") return reader_.text(value, path, out_.service_tier);
  if (key == "metadata") return reader_.object_text(value, path, out_.metadata);
  if (!is_null(value)) reader_.leave_out(path);
  return true;
}

bool RequestReader::member(std::string_view key, Value& value, const Path& path) {
  if (key == "input") return read_input(reader_, value, path);
  if (key == "instructions") return instructions(value, path);
  if (key == "tools") return read_tools(reader_, value, path);
  if (key == "tool_choice") return read_tool_choice(reader_, value, path, choice_);
  if (key == "stream") return stream(value, path);
  if (key == "include") return include(value, path);
  if (key == "reasoning") return reasoning(value, path);
  if (key == "text") return text(value, path);
  if (key == "truncation") return truncation(value, path);
  if (std::find(passed_over.begin(), passed_over.end(), key) != passed_over.end()) return true;
  return sampling(key, value, path);
}

bool RequestReader::read(od::object object) {
  const Path top;
  const auto take = [&](std::string_view key, Value& value) { return member(key, value, top.at(key)); };
  if (!reader_.members(object, take)) return false;
  if (!instructions_.empty()) {
    Turn turn;
    turn.speaker = Speaker::system;
    turn.parts.emplace_back().text = instructions_;
    out_.turns.insert(out_.turns.begin(), std::move(turn));
  }
  if (!safety_identifier_.empty()) out_.user = safety_identifier_;
  if (out_.top_logprobs.value_or(0) > 0) out_.logprobs = true;
  apply_choice(reader_, choice_);
  return true;
}

thread_local std::unique_ptr<od::parser> held_parser;

// Kept between requests of a thread, but not the memory of a rare huge body.
od::parser& thread_parser() {
  if (!held_parser || held_parser->capacity() > keep_parser_bytes) held_parser = std::make_unique<od::parser>();
  return *held_parser;
}

}  // namespace

Result<Conversation> read_request(std::string_view body, Keep& keep) {
  od::document document;
  od::object object;
  if (thread_parser().iterate(body.data(), body.size(), body.size() + chat::padding).get(document) !=
          simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return client_error(Errc::invalid_request, "The request body must be a JSON object.");
  }
  Conversation out;
  RequestReader reader(out, keep);
  if (!reader.read(object)) return *reader.error();
  return out;
}

}  // namespace gw::dialect::responses
