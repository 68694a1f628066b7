// Facts: Anthropic's guide to extended thinking: signatures are checked; with a budget, a loop of tools must go on from
// an answer that begins with thinking.
#include "dialect/messages/own_words.hpp"

#include "chat/chat.hpp"
#include "dialect/cuts.hpp"
#include "dialect/messages/signature.hpp"
#include "dialect/provider_json.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace gw::dialect::messages {
namespace {

namespace od = simdjson::ondemand;

// How such bodies look from afar: most need not be read again.
bool may_be_refused(std::string_view body, bool wants_signed) {
  constexpr std::array<std::string_view, 2> of_others{R"("gemini.)", R"("gAAAA)"};
  constexpr std::array<std::string_view, 2> of_nobody{R"("signature":"")", R"("signature": "")"};
  constexpr std::array<std::string_view, 2> of_loop{R"("budget_tokens")", R"("tool_result")"};
  const auto stands = [&](std::string_view sign) { return body.find(sign) != std::string_view::npos; };
  return std::any_of(of_others.begin(), of_others.end(), stands) ||
         (wants_signed && std::any_of(of_nobody.begin(), of_nobody.end(), stands)) ||
         (wants_signed && std::all_of(of_loop.begin(), of_loop.end(), stands));
}

struct Block {
  std::string_view raw;  // as it stands in the body
  bool is_thinking = false;
  bool is_foreign = false;
  bool is_result = false;
};

Block read_block(std::string_view raw, bool wants_signed) {
  Block out{raw};
  thread_local simdjson::dom::parser parser;
  let_go_of_large(parser);
  simdjson::dom::element element;
  std::string_view type;
  if (parser.parse(raw.data(), raw.size(), true).get(element) != simdjson::SUCCESS ||
      element["type"].get_string().get(type) != simdjson::SUCCESS) {
    return out;
  }
  out.is_result = type == "tool_result";
  const bool is_shown = type == "thinking";
  out.is_thinking = is_shown || type == "redacted_thinking";
  if (!out.is_thinking) return out;
  std::string_view proof;
  if (element[is_shown ? "signature" : "data"].get_string().get(proof) != simdjson::SUCCESS) proof = {};
  out.is_foreign = proof.empty() ? wants_signed : !is_own_proof(proof);
  return out;
}

class Cleaner {
 public:
  Cleaner(std::string_view body, bool wants_signed) : body_(body), wants_signed_(wants_signed), cuts_(body) {}

  std::optional<std::string> run();

 private:
  void turn(od::object turn);
  void cut(const std::vector<Block>& blocks);
  void cut_budget(od::object request);

  std::string_view body_;
  bool wants_signed_;
  Cuts cuts_;
  bool is_in_loop_ = false;      // the last turn brings results
  bool begins_thinking_ = true;  // the assistant's last one, as it stays
};

// A message that was nothing but such thinking stays as it is: an empty one would be refused as well.
void Cleaner::cut(const std::vector<Block>& blocks) {
  if (std::all_of(blocks.begin(), blocks.end(), [](const Block& block) { return block.is_foreign; })) return;
  Cuts::List list(cuts_);
  for (const Block& block : blocks) {
    if (block.is_foreign) {
      list.goes(block.raw);
    } else {
      list.stays(block.raw);
    }
  }
  list.end();
  begins_thinking_ =
      std::find_if(blocks.begin(), blocks.end(), [](const Block& block) { return !block.is_foreign; })->is_thinking;
}

void Cleaner::turn(od::object turn) {
  std::string_view role;
  od::array content;
  is_in_loop_ = false;
  if (turn["role"].get_string().get(role) != simdjson::SUCCESS) return;
  const bool is_assistant = role == "assistant";
  if (is_assistant) begins_thinking_ = false;
  if (turn["content"].get_array().get(content) != simdjson::SUCCESS) return;
  std::vector<Block> blocks;
  for (auto element : content) {
    std::string_view raw;
    if (simdjson::to_json_string(element).get(raw) != simdjson::SUCCESS) return;
    blocks.push_back(read_block(original(trimmed(raw), body_), wants_signed_));
  }
  is_in_loop_ = std::any_of(blocks.begin(), blocks.end(), [](const Block& block) { return block.is_result; });
  if (is_assistant) cut(blocks);
}

// The model answers without thinking rather than not at all.
void Cleaner::cut_budget(od::object request) {
  Cuts::List list(cuts_);
  for (auto found : request) {
    od::field field;
    if (std::move(found).get(field) != simdjson::SUCCESS) return;
    const od::raw_json_string key = field.key();
    std::string_view raw;
    if (simdjson::to_json_string(field.value()).get(raw) != simdjson::SUCCESS) return;
    raw = trimmed(raw);
    const char* const begin = key.raw() - 1;  // its quote
    const std::string_view member = original({begin, static_cast<std::size_t>(raw.data() + raw.size() - begin)}, body_);
    if (key == "thinking" && raw.find(R"("enabled")") != std::string_view::npos) {
      list.goes(member);
    } else {
      list.stays(member);
    }
  }
  list.end();
}

std::optional<std::string> Cleaner::run() {
  od::document document;
  od::array turns;
  if (parse(body_, document) != simdjson::SUCCESS || document["messages"].get_array().get(turns) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  for (auto one : turns) {
    od::object object;
    if (one.get_object().get(object) == simdjson::SUCCESS) turn(object);
  }
  od::object request;
  document.rewind();
  const bool needs_thinking = wants_signed_ && is_in_loop_ && !begins_thinking_;
  if (needs_thinking && document.get_object().get(request) == simdjson::SUCCESS) cut_budget(request);
  if (cuts_.empty()) return std::nullopt;
  return cuts_.rest(chat::padding);
}

}  // namespace

std::optional<std::string> without_foreign(std::string_view body, bool wants_signed) {
  if (!may_be_refused(body, wants_signed)) return std::nullopt;
  return Cleaner(body, wants_signed).run();
}

}  // namespace gw::dialect::messages
