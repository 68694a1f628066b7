#include "routing/affinity.hpp"

#include "base/hash.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gw::routing {
namespace {

using config::Affinity;

// The kinds do not meet: a user "a" is not the key "a".
enum class Kind : std::uint64_t { header = 1, prompt_cache_key, user, prefix };

std::optional<std::uint64_t> named(std::string_view name, Kind kind, std::string_view caller) noexcept {
  if (name.empty()) return std::nullopt;
  return stable_hash(name, stable_hash(caller, static_cast<std::uint64_t>(kind)));
}

// A prompt is not walked whole: its head, its tail and its length tell it from others.
std::uint64_t text_hash(std::string_view text, std::uint64_t seed) noexcept {
  constexpr std::size_t end_bytes = 1024;
  if (text.size() <= 2 * end_bytes) return stable_hash(text, seed);
  const std::uint64_t head = stable_hash(text.substr(0, end_bytes), seed + text.size());
  return stable_hash(text.substr(text.size() - end_bytes), head);
}

// All up to the first message of the user: what the turns of a conversation share. Callers are not kept apart: the
// provider's cache knows our key alone.
std::optional<std::uint64_t> prefix_of(const chat::ChatRequest& request, std::string_view body) {
  std::uint64_t hash = static_cast<std::uint64_t>(Kind::prefix);
  bool has_text = false;
  for (const chat::Message& message : request.messages) {
    for (const chat::Span& span : message.text) {
      hash = text_hash(body.substr(span.offset, span.length), hash);
      has_text = has_text || span.length != 0;
    }
    if (message.role == chat::Role::user) break;
  }
  if (!has_text) return std::nullopt;
  return hash;
}

// What a candidate offers for the conversation, lowest first (weighted rendezvous): an exponential time by its weight.
double bid(const Candidate& candidate, std::uint64_t conversation) noexcept {
  const std::uint64_t bits = scattered(conversation ^ candidate.hash) >> 11U;
  const double uniform = (static_cast<double>(bits) + 0.5) * 0x1.0p-53;  // in (0,1)
  if (candidate.weight <= 0) return std::numeric_limits<double>::infinity();
  return -std::log(uniform) / candidate.weight;
}

bool rests(const Candidate& candidate, const Input& input) {
  return candidate.health->read(input.config.health, input.now, health::Detail::rest).rests;
}

}  // namespace

std::optional<std::uint64_t> conversation_of(const chat::ChatRequest& request, const Input& input) {
  const auto header = [&] { return named(input.affinity, Kind::header, input.caller); };
  const auto key = [&] { return named(request.prompt_cache_key, Kind::prompt_cache_key, input.caller); };
  const auto user = [&] { return named(request.user, Kind::user, input.caller); };
  switch (input.config.routing.affinity) {
    case Affinity::off:
      return std::nullopt;
    case Affinity::automatic:
      if (const auto known = header()) return known;
      if (const auto known = key()) return known;
      if (const auto known = user()) return known;
      return prefix_of(request, input.body);
    case Affinity::header:
      return header();
    case Affinity::user:
      return user();
    case Affinity::prompt_cache_key:
      return key();
    case Affinity::prefix:
      return prefix_of(request, input.body);
  }
  return std::nullopt;
}

void prefer(std::span<const Candidate*> candidates, std::uint64_t conversation, const Input& input) {
  double passed = -1;  // bids up to this one belong to candidates that rest
  for (std::size_t round = 0; round < candidates.size(); ++round) {
    std::size_t best = candidates.size();
    double lowest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const double offer = bid(*candidates[i], conversation);
      if (offer > passed && offer < lowest) {
        best = i;
        lowest = offer;
      }
    }
    if (best == candidates.size()) return;
    if (!rests(*candidates[best], input)) {
      const auto at = candidates.begin() + static_cast<std::ptrdiff_t>(best);
      std::rotate(candidates.begin(), at, at + 1);
      return;
    }
    passed = lowest;
  }
}

}  // namespace gw::routing
