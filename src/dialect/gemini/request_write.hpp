// Private to Gemini: a conversation as a request body. docs/dialects/gemini.md has the table.
#pragma once

#include "dialect/dialect.hpp"
#include "dialect/gemini/model.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::gemini {

/// What could not be said, each once.
class Dropped {
 public:
  void operator()(std::string_view name);

  [[nodiscard]] std::vector<std::string> take() { return std::move(names_); }

 private:
  std::vector<std::string> names_;
};

[[nodiscard]] Error unsupported(std::string message, std::string param);

/// `systemInstruction` and `contents`. Error: unsupported_input.
[[nodiscard]] Result<void> write_contents(
    JsonWriter& out, const Conversation& conversation, Generation generation, Dropped& dropped
);

/// `tools`, `toolConfig`, `generationConfig` and `serviceTier`. Error: unsupported_input.
[[nodiscard]] Result<void> write_settings(
    JsonWriter& out, const Conversation& conversation, const WriteInput& input, Dropped& dropped
);

[[nodiscard]] Result<Written> write_request(const Conversation& conversation, const WriteInput& input);

}  // namespace gw::dialect::gemini
