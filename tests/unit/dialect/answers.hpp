// Answers for tests of translations: recorded, made at random, compared.
#pragma once

#include "dialect/answer.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gw::dialect::test {

/// An Event that owns its texts, unescaped.
struct Told {
  Event::Kind kind = Event::Kind::text;
  std::uint32_t choice = 0;
  std::uint32_t block = 0;
  std::string id;
  std::string name;
  std::string text;
  std::string json;
  Finish finish = Finish::stop;
  Usage usage;

  friend bool operator==(const Told&, const Told&) = default;
};

/// For failure messages: one line an event.
[[nodiscard]] std::string to_string(const std::vector<Told>& story);

/// Keeps what it is told. Fragments of one block are joined, since their cuts mean nothing; `usage` reports are merged
/// into one, last but before nothing: it stands at the end.
class Recorder final : public EventSink {
 public:
  void on(const Event& event) override;

  [[nodiscard]] std::vector<Told> story() const;

 private:
  std::vector<Told> told_;
  Usage usage_;
  bool has_usage_ = false;
};

/// What a dialect can carry; the rest is not made.
struct Shapes {
  bool reasoning = true;
  bool proofs = true;
  bool sealed = true;
  bool refusals = true;
  bool calls = true;
  bool several_choices = false;
};

/// A well-formed answer: the same seed gives the same. Texts hold quotes, escapes, Chinese, emoji, newlines.
[[nodiscard]] std::vector<Told> random_answer(std::uint64_t seed, const Shapes& shapes);

/// Tells it, the texts cut at random, as a provider's stream would.
void tell(const std::vector<Told>& story, std::uint64_t seed, EventSink& sink);

}  // namespace gw::dialect::test
