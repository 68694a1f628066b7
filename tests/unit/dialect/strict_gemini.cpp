#include "strict_gemini.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <set>
#include <vector>

namespace gw::dialect::test {
namespace {

using Json = nlohmann::json;

// The first problem counts.
class Checker {
 public:
  explicit Checker(std::string_view model)
      : has_levels_(
            model.find("gemini-2") == std::string_view::npos && model.find("gemini-1") == std::string_view::npos
        ),
        thinks_(
            model.find("gemini-2.0") == std::string_view::npos && model.find("gemini-1") == std::string_view::npos
        ) {}

  std::string check(const Json& body);

 private:
  using Member = std::function<void(const Json&, const std::string&)>;
  using Members = std::map<std::string, Member>;

  bool require(bool holds, const std::string& path, const std::string& what) {
    if (!holds && problem_.empty()) problem_ = path + ": " + what;
    return holds;
  }

  void object(const Json& value, const std::string& path, const Members& members, const std::set<std::string>& needed) {
    if (!require(value.is_object(), path, "is no object")) return;
    for (const auto& [key, inner] : value.items()) {
      const auto known = members.find(key);
      if (!require(known != members.end(), path, "Unknown name \"" + key + "\": Cannot find field.")) return;
      known->second(inner, path + "." + key);
    }
    for (const std::string& key : needed) require(value.contains(key), path, "lacks " + key);
  }

  Member list(const Member& element) {
    return [this, element](const Json& value, const std::string& path) {
      if (!require(value.is_array() && !value.empty(), path, "is no list with something in it")) return;
      for (std::size_t i = 0; i < value.size(); ++i) element(value[i], path + "[" + std::to_string(i) + "]");
    };
  }

  Member text() {
    return [this](const Json& value, const std::string& path) { require(value.is_string(), path, "is no text"); };
  }

  Member one_of(const std::set<std::string>& names) {
    return [this, names](const Json& value, const std::string& path) {
      require(value.is_string() && names.contains(value.get<std::string>()), path, "Invalid value");
    };
  }

  Member flag() {
    return [this](const Json& value, const std::string& path) { require(value.is_boolean(), path, "is no bool"); };
  }

  Member number(double least, double most) {
    return [this, least, most](const Json& value, const std::string& path) {
      require(value.is_number() && value >= least && value <= most, path, "is out of range");
    };
  }

  Member whole(double least, double most) {
    return [this, least, most](const Json& value, const std::string& path) {
      require(value.is_number_integer() && value >= least && value <= most, path, "is out of range");
    };
  }

  Member schema() {
    return [this](const Json& value, const std::string& path) { require(value.is_object(), path, "is no schema"); };
  }

  // base64, with either alphabet.
  Member bytes() {
    return [this](const Json& value, const std::string& path) {
      constexpr const char* alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=";
      const bool is_base64 = value.is_string() && !value.get<std::string>().empty() &&
                             value.get<std::string>().find_first_not_of(alphabet) == std::string::npos;
      require(is_base64, path, "Base64 decoding failed");
    };
  }

  Member function_name() {
    return [this](const Json& value, const std::string& path) {
      const std::string name = value.is_string() ? value.get<std::string>() : "";
      const bool is_name = !name.empty() && name.size() <= 128 &&
                           (std::isalpha(static_cast<unsigned char>(name.front())) != 0 || name.front() == '_');
      require(is_name, path, "Invalid function name");
    };
  }

  void part(const Json& value, const std::string& path, bool is_model);
  void blob(const Json& value, const std::string& path);
  void response(const Json& value, const std::string& path);
  void contents(const Json& value, const std::string& path);
  void calls_and_results(const Json& contents);
  void signatures(const Json& contents);
  void tools(const Json& value, const std::string& path);
  void tool_config(const Json& value, const std::string& path);
  void generation_config(const Json& value, const std::string& path);

  bool has_levels_;
  bool thinks_;
  std::string problem_;
};

void Checker::blob(const Json& value, const std::string& path) {
  object(
      value,
      path,
      {{"mimeType",
        [this](const Json& type, const std::string& at) {
          require(
              type.is_string() && type.get<std::string>().find('/') != std::string::npos, at, "Unsupported MIME type"
          );
        }},
       {"data", bytes()}},
      {"mimeType", "data"}
  );
}

void Checker::response(const Json& value, const std::string& path) {
  const Member inner = [this](const Json& one, const std::string& at) {
    require(has_levels_, at, "this model takes no media in results");
    object(one, at, {{"inlineData", [this](const Json& b, const std::string& p) { blob(b, p); }}}, {"inlineData"});
  };
  const Member struct_value = [this](const Json& one, const std::string& at) {
    require(one.is_object(), at, "Proto field is not repeating, cannot start list");
  };
  object(
      value,
      path,
      {{"id", text()}, {"name", function_name()}, {"response", struct_value}, {"parts", list(inner)}},
      {"name", "response"}
  );
}

void Checker::part(const Json& value, const std::string& path, bool is_model) {
  const Member struct_value = [this](const Json& one, const std::string& at) {
    require(one.is_object(), at, "is no Struct");
  };
  const Member call = [this, struct_value](const Json& one, const std::string& at) {
    object(one, at, {{"id", text()}, {"name", function_name()}, {"args", struct_value}}, {"name"});
  };
  const Member file = [this](const Json& one, const std::string& at) {
    object(one, at, {{"mimeType", text()}, {"fileUri", text()}}, {"fileUri"});
  };
  object(
      value,
      path,
      {{"text", text()},
       {"inlineData", [this](const Json& one, const std::string& at) { blob(one, at); }},
       {"fileData", file},
       {"functionCall", call},
       {"functionResponse", [this](const Json& one, const std::string& at) { response(one, at); }},
       {"thought", flag()},
       {"thoughtSignature", bytes()}},
      {}
  );
  if (!problem_.empty()) return;
  int kinds = 0;
  for (const char* const kind : {"text", "inlineData", "fileData", "functionCall", "functionResponse"}) {
    kinds += value.contains(kind) ? 1 : 0;
  }
  require(kinds == 1, path, "oneof field 'data' must be set once");
  const bool is_empty = value.contains("text") && value["text"] == "" && !value.contains("thoughtSignature");
  require(!is_empty, path, "required oneof field 'data' must have one initialized field");
  require(is_model || !value.contains("functionCall"), path, "a call of the user");
  require(is_model || !value.contains("thoughtSignature"), path, "a signature of the user");
  require(!is_model || !value.contains("functionResponse"), path, "a result of the model");
}

// Every call is answered in the content behind it, by name and, where there is one, by id.
void Checker::calls_and_results(const Json& contents) {
  for (std::size_t i = 0; i < contents.size(); ++i) {
    std::multiset<std::string> calls;
    std::multiset<std::string> results;
    const auto key_of = [](const Json& one) { return one.value("id", "") + "/" + one["name"].get<std::string>(); };
    if (i != 0) {
      for (const Json& one : contents[i - 1]["parts"]) {
        if (one.contains("functionCall")) calls.insert(key_of(one["functionCall"]));
      }
    }
    for (const Json& one : contents[i]["parts"]) {
      if (one.contains("functionResponse")) results.insert(key_of(one["functionResponse"]));
    }
    if (results.empty() && calls.empty()) continue;
    require(
        calls == results,
        "contents[" + std::to_string(i) + "]",
        "the number of function response parts is not equal to the number of function call parts"
    );
  }
}

void Checker::signatures(const Json& contents) {
  std::size_t current = 0;
  for (std::size_t i = 0; i < contents.size(); ++i) {
    if (contents[i]["role"] != "user") continue;
    for (const Json& one : contents[i]["parts"]) {
      if (!one.contains("functionResponse")) current = i;
    }
  }
  for (std::size_t i = current; i < contents.size() && has_levels_; ++i) {
    for (const Json& one : contents[i]["parts"]) {
      if (!one.contains("functionCall")) continue;
      require(
          one.contains("thoughtSignature"),
          "contents[" + std::to_string(i) + "]",
          "Function call is missing a thought_signature in functionCall parts."
      );
      break;
    }
  }
}

void Checker::contents(const Json& value, const std::string& path) {
  list([this](const Json& one, const std::string& at) {
    const bool is_model = one.is_object() && one.value("role", "") == "model";
    object(
        one,
        at,
        {{"role", one_of({"user", "model"})},
         {"parts",
          list([this, is_model](const Json& inner, const std::string& inner_at) { part(inner, inner_at, is_model); })}},
        {"parts", "role"}
    );
  })(value, path);
  if (!problem_.empty()) return;
  calls_and_results(value);
  signatures(value);
}

void Checker::tools(const Json& value, const std::string& path) {
  const Member declaration = [this](const Json& one, const std::string& at) {
    object(one, at, {{"name", function_name()}, {"description", text()}, {"parametersJsonSchema", schema()}}, {"name"});
  };
  list([this, declaration](const Json& one, const std::string& at) {
    object(one, at, {{"functionDeclarations", list(declaration)}}, {"functionDeclarations"});
  })(value, path);
}

void Checker::tool_config(const Json& value, const std::string& path) {
  const Member calling = [this](const Json& one, const std::string& at) {
    object(
        one,
        at,
        {{"mode", one_of({"AUTO", "ANY", "NONE", "VALIDATED"})}, {"allowedFunctionNames", list(function_name())}},
        {"mode"}
    );
    if (one.contains("allowedFunctionNames")) require(one["mode"] == "ANY", at, "names are for mode ANY");
  };
  object(value, path, {{"functionCallingConfig", calling}}, {"functionCallingConfig"});
}

void Checker::generation_config(const Json& value, const std::string& path) {
  const Member thinking = [this](const Json& one, const std::string& at) {
    require(thinks_, at, "Thinking is not supported by this model");
    object(
        one,
        at,
        {{"thinkingBudget", whole(-1, 32768)},
         {"thinkingLevel", one_of({"MINIMAL", "LOW", "MEDIUM", "HIGH"})},
         {"includeThoughts", flag()}},
        {}
    );
    require(!one.contains("thinkingBudget") || !one.contains("thinkingLevel"), at, "level and budget");
    require(!one.contains("thinkingLevel") || has_levels_, at, "Thinking level is not supported for this model.");
  };
  const Member stops = [this](const Json& one, const std::string& at) {
    list(text())(one, at);
    require(one.size() <= 5, at, "more than 5");
  };
  object(
      value,
      path,
      {{"candidateCount", whole(1, 8)},
       {"maxOutputTokens", whole(1, 1e9)},
       {"temperature", number(0, 2)},
       {"topP", number(0, 1)},
       {"topK", whole(1, 1e6)},
       {"seed", whole(-2147483648.0, 2147483647.0)},
       {"presencePenalty", number(-2, 2)},
       {"frequencyPenalty", number(-2, 2)},
       {"stopSequences", stops},
       {"responseMimeType", one_of({"application/json"})},
       {"responseJsonSchema", schema()},
       {"responseLogprobs", flag()},
       {"logprobs", whole(0, 20)},
       {"thinkingConfig", thinking}},
      {}
  );
  require(
      !value.contains("responseJsonSchema") || value.contains("responseMimeType"), path, "a schema without a MIME type"
  );
  require(!value.contains("logprobs") || value.contains("responseLogprobs"), path, "logprobs without responseLogprobs");
}

std::string Checker::check(const Json& body) {
  const Member system = [this](const Json& one, const std::string& at) {
    object(
        one,
        at,
        {{"parts", list([this](const Json& inner, const std::string& inner_at) {
            object(inner, inner_at, {{"text", text()}}, {"text"});
          })}},
        {"parts"}
    );
  };
  object(
      body,
      "body",
      {{"contents", [this](const Json& one, const std::string& at) { contents(one, at); }},
       {"systemInstruction", system},
       {"tools", [this](const Json& one, const std::string& at) { tools(one, at); }},
       {"toolConfig", [this](const Json& one, const std::string& at) { tool_config(one, at); }},
       {"generationConfig", [this](const Json& one, const std::string& at) { generation_config(one, at); }},
       {"serviceTier", one_of({"standard", "flex", "priority"})}},
      {"contents"}
  );
  if (!problem_.empty()) return problem_;
  require(!body.contains("toolConfig") || body.contains("tools"), "toolConfig", "without function_declarations");
  const bool is_json = body.contains("generationConfig") && body["generationConfig"].contains("responseMimeType");
  require(
      has_levels_ || !is_json || !body.contains("tools"),
      "generationConfig",
      "Function calling with a response mime type"
  );
  return problem_;
}

}  // namespace

std::string strict_gemini(std::string_view body, std::string_view model) {
  // A name given twice is not told by this parser: the service refuses it.
  std::vector<std::set<std::string>> names;
  std::string twice;
  const Json::parser_callback_t watch = [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) names.emplace_back();
    if (event == Json::parse_event_t::object_end) names.pop_back();
    if (event == Json::parse_event_t::key && !names.back().insert(value.get<std::string>()).second) twice = value;
    return true;
  };
  const Json json = Json::parse(body, watch, false);
  if (json.is_discarded()) return "Invalid JSON payload received.";
  if (!twice.empty()) return twice + ": is given twice";
  return Checker(model).check(json);
}

}  // namespace gw::dialect::test
