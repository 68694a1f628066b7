// A request whatever its dialect: what the client's dialect is read into and a provider's is written from, when the two
// differ. Views into the client's body (or a Keep), which outlive it. What no other dialect knows stays out of it and
// is named in `left_out`; docs/dialects.md has the table.
#pragma once

#include "dialect/raw.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect {

/// A call's arguments are JSON: some dialects write them as an object, some as a text that holds it.
struct Arguments {
  JsonText object;  ///< as a value; empty when it came as text
  Raw text;         ///< the same inside a literal; empty when it came as a value

  [[nodiscard]] bool empty() const noexcept { return object.empty() && text.empty(); }
};

/// A piece of a message.
struct Part {
  enum class Kind : std::uint8_t {
    text,
    image,
    file,       ///< a document: PDF, plain text
    audio,      ///< spoken by the user
    refusal,    ///< of the assistant
    reasoning,  ///< of the assistant; `text` may be empty when only `proof` counts
    call,       ///< of the assistant: `id`, `name`, `arguments`
    result,     ///< of a call: `id`, `parts`, `is_error`
  };

  Kind kind = Kind::text;
  bool is_error = false;      ///< result
  Raw text;                   ///< text, refusal, reasoning
  Raw url;                    ///< image, file: where it is; not of inline data
  Raw media_type;             ///< image, file, audio: of inline data, e.g. image/png
  Raw data;                   ///< image, file, audio: base64; file with media_type text/plain: the text itself
  Raw file_id;                ///< image, file: at the provider
  Raw detail;                 ///< image: low, high, auto
  Raw id;                     ///< call, result: the call's; reasoning: the item's, where it has one
  Raw name;                   ///< call: the function's; file: the file's
  Arguments arguments;        ///< call
  Raw proof;                  ///< reasoning, call: what the provider signed or sealed (signature, encrypted_content)
  bool is_sealed = false;     ///< reasoning: `proof` is all there is, no text was shown
  JsonText cache_control;     ///< Anthropic's, as it is
  std::vector<Part> parts{};  ///< result: text, image, file
};

enum class Speaker : std::uint8_t { system, user, assistant };

/// Consecutive turns may be of the same speaker. Results of calls stand in the user's turns.
struct Turn {
  Speaker speaker = Speaker::user;
  bool is_developer = false;  ///< of the system: said as `developer`
  Raw name{};                 ///< who among several users
  std::vector<Part> parts{};
};

struct Tool {
  Raw name{};
  Raw description{};
  JsonText schema{};  ///< JSON schema of its parameters
  std::optional<bool> is_strict{};
  JsonText builtin{};  ///< a provider's own tool (web search, ...): the definition as it is; then nothing else is set
  JsonText cache_control{};
};

struct ToolChoice {
  enum class Kind : std::uint8_t { unsaid, automatic, none, required, named };
  Kind kind = Kind::unsaid;
  Raw name{};
};

struct AnswerFormat {
  enum class Kind : std::uint8_t { unsaid, text, json_object, json_schema };
  Kind kind = Kind::unsaid;
  Raw name{};
  Raw description{};
  JsonText schema{};
  std::optional<bool> is_strict{};
};

struct Reasoning {
  std::optional<bool> is_on{};            ///< said outright
  Raw effort{};                           ///< minimal, low, medium, high, ...
  std::optional<std::uint64_t> budget{};  ///< tokens
  Raw summary{};                          ///< auto, concise, detailed: the reasoning is to be shown
};

struct Conversation {
  bool is_stream = false;
  std::optional<bool> wants_usage{};  ///< of a stream, where the dialect lets the client say
  std::vector<Turn> turns{};
  std::vector<Tool> tools{};
  ToolChoice tool_choice{};
  std::optional<bool> parallel_calls{};
  AnswerFormat format{};
  Reasoning reasoning{};
  std::optional<std::uint64_t> max_tokens{};  ///< of the answer
  std::uint64_t choices = 1;
  // JSON numbers as they were written; empty = not said.
  JsonText temperature{};
  JsonText top_p{};
  JsonText top_k{};
  JsonText frequency_penalty{};
  JsonText presence_penalty{};
  JsonText seed{};
  JsonText logit_bias{};  ///< an object
  std::vector<Raw> stop{};
  bool logprobs = false;
  std::optional<std::uint64_t> top_logprobs{};
  Raw user{};  ///< who asks: OpenAI's `user` or `safety_identifier`, Anthropic's metadata.user_id
  Raw cache_key{};
  Raw service_tier{};
  Raw verbosity{};
  JsonText metadata{};  ///< an object of texts

  /// Fields of the request that this cannot say, by path ("modalities", "messages[2].audio"), each once.
  std::vector<std::string> left_out{};
};

/// A request in a provider's dialect.
struct Written {
  std::string body;
  /// What could not be said in it, as fields of the provider's counterpart or the client's path, each once.
  std::vector<std::string> dropped;
};

}  // namespace gw::dialect
