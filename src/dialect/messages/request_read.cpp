#include "dialect/messages/request_read.hpp"

#include "chat/chat.hpp"
#include "dialect/body_read.hpp"
#include "dialect/messages/blocks_read.hpp"
#include "dialect/messages/tools_read.hpp"

#include <memory>

namespace gw::dialect::messages {
namespace {

namespace od = simdjson::ondemand;

using Value = BodyReader::Value;

constexpr std::size_t keep_parser_bytes = std::size_t{1024} * 1024;

class RequestReader {
 public:
  RequestReader(Conversation& out, Keep& keep) noexcept : out_(out), reader_(out, keep, "Anthropic Messages") {}

  bool read(od::object object);

  [[nodiscard]] const std::optional<Error>& error() const noexcept { return reader_.error(); }

 private:
  bool member(std::string_view key, Value& value, const Path& path);
  bool sampling(std::string_view key, Value& value, const Path& path);
  bool stream(Value& value, const Path& path);
  bool stop(Value& value, const Path& path);
  bool metadata(Value& value, const Path& path);
  bool thinking(Value& value, const Path& path);
  bool output(Value& value, const Path& path);
  bool format(Value& value, const Path& path);
  bool service_tier(Value& value, const Path& path);
  bool servers(Value& value, const Path& path);
  bool messages(Value& value, const Path& path);
  bool message(Value& value, const Path& path);

  Conversation& out_;
  BodyReader reader_;
  std::vector<Part> system_;
  Raw effort_;
};

bool RequestReader::stream(Value& value, const Path& path) {
  std::optional<bool> flag;
  if (!reader_.flag(value, path, flag)) return false;
  out_.is_stream = flag.value_or(false);
  return true;
}

bool RequestReader::stop(Value& value, const Path& path) {
  if (is_null(value)) return true;
  BodyReader::Array list;
  return reader_.array(value, path, list) && reader_.elements(list, path, [&](Value& element, const Path& here) {
    return reader_.text(element, here, out_.stop.emplace_back());
  });
}

bool RequestReader::metadata(Value& value, const Path& path) {
  if (is_null(value)) return true;
  BodyReader::Object object;
  return reader_.object(value, path, object) && reader_.members(object, [&](std::string_view key, Value& member) {
    if (key == "user_id") return reader_.text(member, path.at(key), out_.user);
    if (!is_null(member)) reader_.leave_out(path.at(key));
    return true;
  });
}

// Thinking is shown unless it is said to be left out.
bool RequestReader::thinking(Value& value, const Path& path) {
  if (is_null(value)) return true;
  BodyReader::Object object;
  if (!reader_.object(value, path, object)) return false;
  Raw type;
  Raw display;
  std::optional<std::uint64_t> budget;
  const bool is_read = reader_.members(object, [&](std::string_view key, Value& member) {
    const Path here = path.at(key);
    if (key == "type") return reader_.text(member, here, type);
    if (key == "display") return reader_.text(member, here, display);
    if (key == "budget_tokens") return reader_.count(member, here, budget);
    if (!is_null(member)) reader_.leave_out(here);
    return true;
  });
  if (!is_read) return false;
  Reasoning& out = out_.reasoning;
  if (type == "disabled") {
    out.is_on = false;
    return true;
  }
  if (type != "enabled" && type != "adaptive") {
    return reader_.wrong_type(path.at("type"), "one of enabled, adaptive and disabled");
  }
  out.is_on = true;
  if (type == "enabled") out.budget = budget;
  if (display != "omitted") out.summary = "auto";
  return true;
}

bool RequestReader::format(Value& value, const Path& path) {
  if (is_null(value)) return true;
  BodyReader::Object object;
  if (!reader_.object(value, path, object)) return false;
  Raw type;
  AnswerFormat& out = out_.format;
  const bool is_read = reader_.members(object, [&](std::string_view key, Value& member) {
    const Path here = path.at(key);
    if (key == "type") return reader_.text(member, here, type);
    if (key == "schema") return reader_.object_text(member, here, out.schema);
    if (!is_null(member)) reader_.leave_out(here);
    return true;
  });
  if (!is_read) return false;
  if (type != "json_schema") return reader_.unsupported(path.at("type"), "this format of an answer");
  if (out.schema.empty()) return reader_.wrong_type(path.at("schema"), "an object");
  out.kind = AnswerFormat::Kind::json_schema;
  out.is_strict = true;  // there is no other way here
  return true;
}

bool RequestReader::output(Value& value, const Path& path) {
  if (is_null(value)) return true;
  BodyReader::Object object;
  return reader_.object(value, path, object) && reader_.members(object, [&](std::string_view key, Value& member) {
    const Path here = path.at(key);
    if (key == "effort") return reader_.text(member, here, effort_);
    if (key == "format") return format(member, here);
    if (!is_null(member)) reader_.leave_out(here);
    return true;
  });
}

// In the words of chat completions.
bool RequestReader::service_tier(Value& value, const Path& path) {
  Raw tier;
  if (!reader_.text(value, path, tier)) return false;
  out_.service_tier = tier == "standard_only" ? "default" : tier;
  return true;
}

bool RequestReader::servers(Value& value, const Path& path) {
  if (is_null(value)) return true;
  BodyReader::Array list;
  return reader_.array(value, path, list) && reader_.elements(list, path, [&](Value& /*server*/, const Path& here) {
    return reader_.unsupported(here, "a server of tools that the provider calls");
  });
}

bool RequestReader::message(Value& value, const Path& path) {
  BodyReader::Object object;
  if (!reader_.object(value, path, object)) return false;
  Turn turn;
  Raw role;
  const bool is_read = reader_.members(object, [&](std::string_view key, Value& member) {
    const Path here = path.at(key);
    if (key == "role") return reader_.text(member, here, role);
    if (key == "content") return read_content(reader_, member, here, turn.parts);
    if (!is_null(member)) reader_.leave_out(here);
    return true;
  });
  if (!is_read) return false;
  if (role == "assistant") {
    turn.speaker = Speaker::assistant;
  } else if (role == "system") {
    turn.speaker = Speaker::system;
  } else if (role != "user") {
    return reader_.wrong_type(path.at("role"), "user or assistant");
  }
  out_.turns.push_back(std::move(turn));
  return true;
}

bool RequestReader::messages(Value& value, const Path& path) {
  BodyReader::Array list;
  return reader_.array(value, path, list) &&
         reader_.elements(list, path, [&](Value& element, const Path& here) { return message(element, here); });
}

bool RequestReader::sampling(std::string_view key, Value& value, const Path& path) {
  if (key == "max_tokens") return reader_.count(value, path, out_.max_tokens);
  if (key == "temperature") return reader_.number(value, path, out_.temperature);
  if (key == "top_p") return reader_.number(value, path, out_.top_p);
  if (key == "top_k") return reader_.number(value, path, out_.top_k);
  if (key == "stop_sequences") return stop(value, path);
  if (key == "service_tier") return service_tier(value, path);
  // Hints about caches, contexts, regions and speed, which only Anthropic takes.
  if (key != "model" && !is_null(value)) reader_.leave_out(path);
  return true;
}

bool RequestReader::member(std::string_view key, Value& value, const Path& path) {
  if (key == "messages") return messages(value, path);
  if (key == "system") return read_content(reader_, value, path, system_);
  if (key == "tools") return read_tools(reader_, value, path);
  if (key == "tool_choice") return read_tool_choice(reader_, value, path);
  if (key == "stream") return stream(value, path);
  if (key == "metadata") return metadata(value, path);
  if (key == "thinking") return thinking(value, path);
  if (key == "output_config") return output(value, path);
  if (key == "output_format") return format(value, path);
  if (key == "mcp_servers") return servers(value, path);
  return sampling(key, value, path);
}

bool RequestReader::read(od::object object) {
  const Path top;
  const auto take = [&](std::string_view key, Value& value) { return member(key, value, top.at(key)); };
  if (!reader_.members(object, take)) return false;
  if (!system_.empty()) {
    Turn turn;
    turn.speaker = Speaker::system;
    turn.parts = std::move(system_);
    out_.turns.insert(out_.turns.begin(), std::move(turn));
  }
  if (effort_.empty()) return true;
  if (out_.reasoning.is_on == false) {  // of the answer alone, which nobody else has
    reader_.leave_out(top.at("output_config"));
  } else {
    out_.reasoning.effort = effort_ == "max" ? "high" : effort_;
  }
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

}  // namespace gw::dialect::messages
