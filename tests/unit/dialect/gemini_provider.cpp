#include "gemini_provider.hpp"

#include "base/random.hpp"
#include "base/text.hpp"
#include "dialect/gemini/signature.hpp"

#include <map>

namespace gw::dialect::test {
namespace {

using Kind = Event::Kind;

// A candidate's content so far and how it ended.
struct Piece {
  std::uint32_t choice = 0;
  std::string part;    // JSON, or empty
  std::string finish;  // reason, or empty
};

std::string member(std::string_view name, std::string_view text) {
  return "\"" + std::string(name) + "\": " + json_string(text);
}

std::string reason_of(Finish finish) {
  switch (finish) {
    case Finish::length:
      return "MAX_TOKENS";
    case Finish::content_filter:
    case Finish::refusal:
      return "SAFETY";
    case Finish::stop:
    case Finish::tool_calls:
    case Finish::pause:
      break;
  }
  return "STOP";
}

std::vector<std::string> cut(const std::string& text, Random& random) {
  std::vector<std::string> out;
  std::string piece;
  for (const char c : text) {
    const bool is_boundary = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    if (is_boundary && !piece.empty() && random.below(3) == 0) out.push_back(std::move(piece)), piece.clear();
    piece.push_back(c);
  }
  if (!piece.empty()) out.push_back(piece);
  return out;
}

// `random`: texts in pieces; a signature that is not of a call comes as a part of its own, as streams have it.
std::vector<Piece> pieces_of(const std::vector<Told>& story, CallIds ids, Random* random) {
  std::vector<Piece> out;
  for (std::size_t i = 0; i < story.size(); ++i) {
    const Told& one = story[i];
    const bool is_signed = i + 1 < story.size() && story[i + 1].kind == Kind::proof;
    switch (one.kind) {
      case Kind::text:
      case Kind::reasoning: {
        const std::string thought = one.kind == Kind::reasoning ? R"(, "thought": true)" : "";
        const std::vector<std::string> texts = random != nullptr ? cut(one.text, *random) : std::vector{one.text};
        for (const std::string& text : texts)
          out.push_back({one.choice, "{" + member("text", text) + thought + "}", ""});
        if (!is_signed) break;
        if (random == nullptr) {
          out.back().part.pop_back();
          out.back().part += ", " + member("thoughtSignature", story[i + 1].text) + "}";
        } else {
          out.push_back(
              {one.choice, "{" + member("thoughtSignature", story[i + 1].text) + thought + R"(, "text": ""})", ""}
          );
        }
        break;
      }
      case Kind::sealed:
        out.push_back({one.choice, "{" + member("text", "") + ", " + member("thoughtSignature", one.text) + "}", ""});
        break;
      case Kind::call: {
        const std::string id = ids == CallIds::given ? member("id", one.id) + ", " : "";
        const std::string args =
            i + 1 < story.size() && story[i + 1].kind == Kind::arguments ? story[i + 1].text : "{}";
        // One without arguments has no member for them.
        const std::string rest = args == "{}" ? "" : ", \"args\": " + args;
        out.push_back({one.choice, "{\"functionCall\": {" + id + member("name", one.name) + rest + "}}", ""});
        if (i + 2 < story.size() && story[i + 2].kind == Kind::proof) {
          out.back().part.pop_back();
          out.back().part += ", " + member("thoughtSignature", story[i + 2].text) + "}";
        }
        break;
      }
      case Kind::finish:
        // The reason comes with the last part, or by itself.
        if (!out.empty() && out.back().choice == one.choice && (random == nullptr || random->below(2) == 0)) {
          out.back().finish = reason_of(one.finish);
        } else {
          out.push_back({one.choice, "", reason_of(one.finish)});
        }
        break;
      case Kind::begin:
      case Kind::proof:
      case Kind::refusal:
      case Kind::arguments:
      case Kind::logprobs:
      case Kind::annotation:
      case Kind::usage:
        break;
    }
  }
  return out;
}

std::string candidate(std::uint32_t index, const std::string& parts, const std::string& finish) {
  std::string out = R"({"content": {)";
  if (!parts.empty()) out += "\"parts\": [" + parts + "], ";
  out += R"("role": "model"})";
  if (!finish.empty()) out += ", " + member("finishReason", finish);
  if (index != 0) out += ", \"index\": " + std::to_string(index);
  return out + "}";
}

std::string count(std::string_view name, std::uint64_t value) {
  return value == 0 ? "" : ", \"" + std::string(name) + "\": " + std::to_string(value);
}

std::string usage_json(const Usage& usage) {
  std::string members = count("promptTokenCount", usage.prompt) + count("cachedContentTokenCount", usage.cached) +
                        count("candidatesTokenCount", usage.completion - usage.reasoning) +
                        count("thoughtsTokenCount", usage.reasoning) + count("totalTokenCount", usage.total);
  return "{" + (members.empty() ? members : members.substr(2)) + "}";
}

std::string document(const std::string& candidates, const Usage& usage, const Told& begin) {
  return R"({"candidates": [)" + candidates + R"(], "usageMetadata": )" + usage_json(usage) + ", " +
         member("modelVersion", begin.name) + ", " + member("responseId", begin.id) + "}";
}

}  // namespace

std::string gemini_reply(const std::vector<Told>& story, CallIds ids) {
  std::map<std::uint32_t, std::pair<std::string, std::string>> by_choice;  // parts, finish
  for (const Piece& piece : pieces_of(story, ids, nullptr)) {
    auto& [parts, finish] = by_choice[piece.choice];
    if (!piece.part.empty()) parts += (parts.empty() ? "" : ", ") + piece.part;
    if (!piece.finish.empty()) finish = piece.finish;
  }
  std::string candidates;
  for (const auto& [index, content] : by_choice) {
    candidates += (candidates.empty() ? "" : ", ") + candidate(index, content.first, content.second);
  }
  return document(candidates, story.back().usage, story.front());
}

std::string gemini_stream(const std::vector<Told>& story, CallIds ids, std::uint64_t seed) {
  Random random(seed);
  const std::vector<Piece> pieces = pieces_of(story, ids, &random);
  std::string out;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    Usage usage;
    usage.prompt = story.back().usage.prompt;
    if (i + 1 == pieces.size()) usage = story.back().usage;
    out += "data: " + document(candidate(pieces[i].choice, pieces[i].part, pieces[i].finish), usage, story.front());
    out += "\r\n\r\n";
  }
  return out;
}

std::vector<Told> as_gemini_tells(std::vector<Told> story, CallIds ids) {
  std::map<std::uint32_t, int> calls;
  for (const Told& proof : story) {
    if (proof.kind != Kind::proof) continue;
    for (Told& one : story) {
      const bool is_its_call = one.kind == Kind::call && one.choice == proof.choice && one.block == proof.block;
      if (is_its_call) one.text = "gemini.call." + proof.text;
    }
  }
  for (Told& one : story) {
    if (one.kind == Kind::proof || one.kind == Kind::sealed) one.text = gemini::marked(one.text);
    if (one.kind == Kind::call && ids == CallIds::missing) {
      one.id =
          "call_" + story.front().id + "_" + std::to_string(one.choice) + "_" + std::to_string(calls[one.choice]++);
    }
  }
  return story;
}

}  // namespace gw::dialect::test
