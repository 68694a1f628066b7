// Reads an OpenAI chat completion request once, without copying: what later stages need to know, as views and positions
// in the untouched body. Decides whether the body is a chat request; does not decide where it goes.
#pragma once

#include "base/blocks.hpp"
#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gw::chat {

/// Bytes that must be readable behind a body for the vectorised parser; their value does not matter.
inline constexpr std::size_t padding = 64;

/// A place in the body.
struct Span {
  std::size_t offset = 0;
  std::size_t length = 0;
};

enum class Role : std::uint8_t { system, developer, user, assistant, tool, function, other };

/// One message, by position. Text is kept as raw JSON (the inside of its string literals, escapes not resolved), since
/// only the classifier's head and tail are ever unescaped.
struct Message {
  Role role = Role::other;
  BlockVector<Span> text;    ///< string content, or each text part; without the quotes
  std::uint32_t images = 0;  ///< parts of type image_url, image, input_image
  std::uint32_t tool_calls = 0;
};

/// Images that are kept by position; the rest is only counted.
inline constexpr std::size_t max_image_parts = 256;

/// An image among the parts of a message, by position, however the dialect spells it.
struct Image {
  Span part;               ///< the whole object
  Span content;            ///< inside of a literal: a URL, data URLs included, or base64; empty = a file's id, say
  Span media_type;         ///< of base64, inside of a literal
  Span cache_control;      ///< Anthropic's, an object; empty = there is none
  bool is_base64 = false;  ///< `content` is
};

/// A member of the top-level object: what its key means and the spans that the splice needs.
struct Field {
  std::string_view key;  ///< unescaped: two spellings of a key are one key to the provider
  Span key_span;         ///< with its quotes
  Span value;
  bool is_null = false;
};

struct ChatRequest {
  std::string model;  ///< unescaped; empty = missing or null
  bool stream = false;
  std::optional<bool> include_usage;        ///< stream_options.include_usage; nullopt = the client did not say
  std::optional<Span> include_usage_value;  ///< where its value stands
  std::optional<Span> stream_options;       ///< the object's span
  BlockVector<Message> messages;
  std::uint32_t images = 0;
  BlockVector<Image> image_parts;  ///< in the order of the body, none within another; at most max_image_parts
  std::uint32_t tools = 0;         ///< definitions in `tools` or `functions`
  bool has_json_schema = false;    ///< response_format.type == "json_schema"
  bool has_response_format = false;
  std::uint32_t n = 1;
  std::optional<std::uint64_t> max_tokens;  ///< max_completion_tokens, else max_tokens
  std::string_view user;                    ///< raw, for affinity
  std::string_view prompt_cache_key;        ///< raw, for affinity
  std::string_view reasoning_effort;        ///< raw
  BlockVector<Field> fields;                ///< in the order of the body
  std::size_t object_begin = 0;             ///< offset of the top-level '{'
  std::size_t object_end = 0;               ///< offset of its '}'
  std::size_t text_bytes = 0;               ///< sum of all text spans
  /// What `fields[].key` looks at for keys that had escapes; null without any, as nearly always.
  std::unique_ptr<std::forward_list<std::string>> unescaped_keys;

  [[nodiscard]] const Field* find(std::string_view key) const noexcept;
};

/// `body.data()` must be readable for `padding` bytes more. Errors are client_error with a message for people and the
/// field in `param`: not JSON, not an object, invalid UTF-8, nested deeper than 512 levels, a top-level key twice (in
/// whatever spelling), `messages` missing, empty or not an array of objects, `role` missing, wrong types of the fields
/// above.
/// Not refused: unknown fields and roles, lone surrogates inside texts (sent on as they came).
/// The whole document is validated (RFC 8259), unread parts too. Thread: any; uses a per-thread parser.
[[nodiscard]] Result<ChatRequest> read(std::string_view body);

/// The same of a request to OpenAI's Responses: `instructions` and the messages of `input` are its messages. Refused
/// too: what needs a memory that is not kept here (previous_response_id, conversation, prompt, background,
/// item_reference, store).
[[nodiscard]] Result<ChatRequest> read_responses(std::string_view body);

/// The same of a request to Anthropic's Messages: `system` is the first message, results of calls are messages of their
/// own (Role::tool), `metadata.user_id` is the user.
[[nodiscard]] Result<ChatRequest> read_messages(std::string_view body);

/// The same of a request to OpenAI's older completions: `prompt`, which may be texts or tokens, is the one message, of
/// a user; `n` counts the answers to all prompts.
[[nodiscard]] Result<ChatRequest> read_completions(std::string_view body);

/// The same of a request for embeddings: `model` and `input` must be there, `stream` must not. It has no messages;
/// `text_bytes` is the size of its texts.
[[nodiscard]] Result<ChatRequest> read_embeddings(std::string_view body);

/// Unescapes the inside of a JSON string literal; lone surrogates become U+FFFD. Stops after `max_bytes` of output.
[[nodiscard]] std::string unescape(std::string_view raw, std::size_t max_bytes = SIZE_MAX);

}  // namespace gw::chat
