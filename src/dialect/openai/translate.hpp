// Chat completions to and from what all dialects share. Facts: OpenAI's API reference (create chat completion, the chat
// completion object, the chat completion chunk object); `reasoning_content` from DeepSeek's, `reasoning` and
// `reasoning_details` from OpenRouter's.
#pragma once

#include "dialect/answer.hpp"
#include "dialect/conversation.hpp"
#include "dialect/dialect.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::openai {

struct CallDelta;
struct ChoiceDelta;
struct Chunk;
struct Delta;
struct DetailDelta;

/// A provider's request body.
[[nodiscard]] Result<Written> write_chat(const Conversation& conversation, const WriteInput& input);

/// Tells what a provider's chunks or whole answer say. One an answer.
class Teller {
 public:
  void chunk(std::string_view data, EventSink& sink);
  void reply(std::string_view body, EventSink& sink);

 private:
  struct Call {
    std::optional<std::uint64_t> index;
    std::uint32_t block = 0;
    std::string id;       // as the provider said it
    std::string pending;  // arguments that came before the name
    bool is_told = false;
    bool has_proof = false;
  };

  struct Choice {
    std::uint32_t number = 0;
    std::uint32_t blocks = 0;               // of the next one
    Event::Kind open = Event::Kind::begin;  // kind of the last block that is no call; begin = none
    std::uint32_t open_block = 0;
    std::optional<std::uint32_t> reasoning;  // the last block of reasoning
    std::optional<std::uint64_t> detail_index;
    std::string detail_id;
    bool has_proof = false;             // that block
    bool told_plain_reasoning = false;  // so that details only repeat it
    bool is_finished = false;           // and nothing came behind it
    std::vector<Call> calls;
  };

  enum class Whole : std::uint8_t { no, yes };

  void tell(const Chunk& chunk, Whole is_whole, EventSink& sink);
  void tell(Choice& choice, const ChoiceDelta& delta, Whole is_whole, EventSink& sink);
  void tell_details(Choice& choice, const Delta& delta, Whole is_whole, EventSink& sink);
  void tell_sealed(Choice& choice, const DetailDelta& detail, EventSink& sink);
  void tell_proof(Choice& choice, Raw proof, EventSink& sink);
  void tell_text(Choice& choice, Event::Kind kind, Raw text, EventSink& sink);
  void tell_call(Choice& choice, const CallDelta& delta, EventSink& sink);
  void tell_call_proof(Choice& choice, Call& call, Raw proof, EventSink& sink);
  void begin_call(Choice& choice, Call& call, Raw name, EventSink& sink);
  void tell_finish(Choice& choice, Raw reason, EventSink& sink);
  void begin(EventSink& sink);
  Choice* choice_of(std::uint64_t number);
  std::uint32_t begin_block(Choice& choice, Event::Kind kind);
  static Call& call_of(Choice& choice, const CallDelta& delta);
  [[nodiscard]] std::string made_id(const Choice& choice, std::uint32_t block) const;

  std::string id_;
  std::string model_;
  bool has_begun_ = false;
  std::vector<Choice> choices_;
};

}  // namespace gw::dialect::openai
