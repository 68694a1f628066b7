#include "answers.hpp"

#include "base/random.hpp"
#include "chat/chat.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace gw::dialect::test {
namespace {

using Kind = Event::Kind;

bool is_fragment(Kind kind) {
  return kind == Kind::text || kind == Kind::reasoning || kind == Kind::refusal || kind == Kind::arguments;
}

std::string_view name_of(Kind kind) {
  constexpr std::array<std::string_view, 12> names{
      "begin",
      "text",
      "reasoning",
      "proof",
      "sealed",
      "refusal",
      "call",
      "arguments",
      "logprobs",
      "annotation",
      "usage",
      "finish"};
  return names.at(static_cast<std::size_t>(kind));
}

std::string random_text(Random& random) {
  constexpr std::array<std::string_view, 12> pieces{
      "hello ",
      "\"quoted\"",
      "back\\slash",
      "\n",
      "\t",
      "你好，",
      "🙂",
      "é",
      "</script>",
      "a",
      " data: ",
      "{\"x\":1}"};
  std::string out;
  const std::uint32_t count = 1 + random.below(6);
  for (std::uint32_t i = 0; i < count; ++i) out.append(pieces.at(random.below(pieces.size())));
  return out;
}

std::string random_arguments(Random& random) {
  constexpr std::array<std::string_view, 4> some{
      "{}", R"({"city":"杭州","n":1.50})", R"({"q":"say \"hi\"\n","list":[1,null,true]})", R"({"a":{"b":{"c":[]}}})"};
  return std::string(some.at(random.below(some.size())));
}

// Where a text may be cut: behind a whole character.
std::vector<std::string> cut(const std::string& text, Random& random) {
  std::vector<std::string> out;
  std::size_t begin = 0;
  for (std::size_t at = 1; at <= text.size(); ++at) {
    const bool is_boundary = at == text.size() || (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
    if (!is_boundary || (at != text.size() && random.below(3) != 0)) continue;
    out.push_back(text.substr(begin, at - begin));
    begin = at;
  }
  return out;
}

}  // namespace

std::string to_string(const std::vector<Told>& story) {
  std::string out;
  for (const Told& one : story) {
    out.append(name_of(one.kind)).append(" ").append(std::to_string(one.choice)).append(".");
    out.append(std::to_string(one.block)).append(" id=").append(one.id).append(" name=").append(one.name);
    out.append(" text=").append(one.text).append(" json=").append(one.json);
    if (one.kind == Kind::finish) out.append(" finish=").append(std::to_string(static_cast<int>(one.finish)));
    if (one.kind == Kind::usage) {
      for (const std::uint64_t n :
           {one.usage.prompt,
            one.usage.completion,
            one.usage.total,
            one.usage.cached,
            one.usage.cache_written,
            one.usage.reasoning}) {
        out.append(" ").append(std::to_string(n));
      }
    }
    out.push_back('\n');
  }
  return out;
}

void Recorder::on(const Event& event) {
  if (event.kind == Kind::usage) {
    usage_.merge(event.usage);
    has_usage_ = true;
    return;
  }
  if (is_fragment(event.kind)) {
    // The last of this block, whatever other blocks said meanwhile.
    const auto before = std::find_if(told_.rbegin(), told_.rend(), [&](const Told& one) {
      return one.choice == event.choice && one.block == event.block && one.kind == event.kind;
    });
    if (before != told_.rend()) {
      before->text += chat::unescape(event.text);
      return;
    }
  }
  Told one;
  one.kind = event.kind;
  one.choice = event.choice;
  one.block = event.block;
  one.id = chat::unescape(event.id);
  one.name = chat::unescape(event.name);
  one.text = chat::unescape(event.text);
  one.json = std::string(event.json);
  one.finish = event.kind == Kind::finish ? event.finish : Finish::stop;
  told_.push_back(std::move(one));
}

std::vector<Told> Recorder::story() const {
  std::vector<Told> out = told_;
  if (has_usage_) {
    Told last;
    last.kind = Kind::usage;
    last.usage = usage_;
    out.push_back(last);
  }
  return out;
}

std::vector<Told> random_answer(std::uint64_t seed, const Shapes& shapes) {
  Random random(seed);
  std::vector<Told> out;
  const auto add = [&](Kind kind, std::uint32_t choice, std::uint32_t block) -> Told& {
    Told one;
    one.kind = kind;
    one.choice = choice;
    one.block = block;
    return out.emplace_back(std::move(one));
  };
  Told& begin = add(Kind::begin, 0, 0);
  begin.id = "id-" + std::to_string(random.below(1000));
  begin.name = "model-" + std::to_string(random.below(9));
  const std::uint32_t choices = shapes.several_choices ? 1 + random.below(3) : 1;
  for (std::uint32_t choice = 0; choice < choices; ++choice) {
    std::uint32_t block = 0;
    if (shapes.reasoning && random.below(2) == 0) {
      add(Kind::reasoning, choice, block).text = random_text(random);
      if (shapes.proofs && random.below(2) == 0) add(Kind::proof, choice, block).text = "c2lnbmVk+/=";
      ++block;
    }
    if (shapes.sealed && random.below(4) == 0) add(Kind::sealed, choice, block++).text = "c2VhbGVk";
    bool calls = false;
    if (shapes.refusals && random.below(5) == 0) {
      add(Kind::refusal, choice, block++).text = random_text(random);
    } else {
      if (random.below(4) != 0) add(Kind::text, choice, block++).text = random_text(random);
      const std::uint32_t count = shapes.calls ? random.below(4) : 0;
      for (std::uint32_t i = 0; i < count; ++i) {
        Told& call = add(Kind::call, choice, block);
        call.id = "call_" + std::to_string(block);
        call.name = "get_weather_" + std::to_string(i);
        add(Kind::arguments, choice, block++).text = random_arguments(random);
        calls = true;
      }
    }
    Told& finish = add(Kind::finish, choice, block);
    finish.finish = calls ? Finish::tool_calls : random.below(3) == 0 ? Finish::length : Finish::stop;
  }
  Told& usage = add(Kind::usage, 0, 0);
  usage.usage.cached = random.below(100);
  usage.usage.prompt = usage.usage.cached + random.below(100);
  usage.usage.reasoning = random.below(50);
  usage.usage.completion = usage.usage.reasoning + 1 + random.below(100);
  usage.usage.total = usage.usage.prompt + usage.usage.completion;
  return out;
}

void tell(const std::vector<Told>& story, std::uint64_t seed, EventSink& sink) {
  Random random(seed);
  for (const Told& one : story) {
    const std::vector<std::string> pieces =
        is_fragment(one.kind) ? cut(one.text, random) : std::vector<std::string>{one.text};
    for (const std::string& piece : pieces) {
      const std::string id = to_raw(one.id);
      const std::string name = to_raw(one.name);
      const std::string text = to_raw(piece);
      Event event;
      event.kind = one.kind;
      event.choice = one.choice;
      event.block = one.block;
      event.id = id;
      event.name = name;
      event.text = text;
      event.json = one.json;
      event.finish = one.finish;
      event.usage = one.usage;
      sink.on(event);
    }
  }
}

}  // namespace gw::dialect::test
