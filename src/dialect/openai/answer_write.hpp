// Private to openai: an answer as chunks (`stream_write.cpp`) or as one completion (`plain_write.cpp`).
#pragma once

#include "dialect/answer.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::openai {

[[nodiscard]] std::unique_ptr<AnswerWriter> stream_writer(const AnswerHead& head, std::string& out);
[[nodiscard]] std::unique_ptr<AnswerWriter> plain_writer(const AnswerHead& head, std::string& out);

/// {"id":"<prefix>...","object":...,"created":...,"model":... without the closing brace.
void append_head(const AnswerHead& head, std::string_view prefix, std::string_view object, std::string& out);

/// The id of a call whose provider gave it none: results name their call by it, and no other turn has the same.
[[nodiscard]] std::string made_call_id(std::string_view answer, std::uint32_t choice, std::uint32_t block);

/// The value of `usage`.
void append_usage(Usage usage, std::string& out);

[[nodiscard]] std::string_view finish_word(Finish finish) noexcept;

/// {"google":{"thought_signature":...}}: where Gemini's own chat completions carry it, so that it comes back.
void append_extra_content(Raw proof, std::string& out);

/// What was thought in one choice, for `reasoning_details`: OpenRouter's field, which clients that know it send back
/// with the next request. Written only when something in it must come back as it was: a signature, or what is sealed.
class Thoughts {
 public:
  void add_text(std::uint32_t block, Raw text);
  void add_proof(std::uint32_t block, Raw proof, Raw id);
  void add_sealed(std::uint32_t block, Raw proof, Raw id);

  [[nodiscard]] bool must_come_back() const noexcept { return has_proof_; }

  /// Appends the elements that were not written yet, without brackets, and forgets them.
  void write(std::string& out);

 private:
  struct Thought {
    std::uint32_t block = 0;
    bool is_sealed = false;
    std::string text;
    std::string proof;
    std::string id;
  };

  Thought& of(std::uint32_t block);

  std::vector<Thought> thoughts_;
  std::uint64_t written_ = 0;
  bool has_proof_ = false;
};

}  // namespace gw::dialect::openai
