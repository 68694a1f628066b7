// What could be asked at all: a configuration's entries, made ready for planning. Compiled once a configuration on the
// control thread; immutable and shared by all shards afterwards.
#pragma once

#include "base/clock.hpp"
#include "config/config.hpp"
#include "health/health.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gw::routing {

/// An entry of a tier, or an embedding model, with everything an attempt needs to know, defaults resolved. Lives as
/// long as its Catalog.
struct Candidate {
  std::string model;                                   ///< what the provider is asked for
  std::string entry_id;                                ///< key of statistics: the entry's id
  std::string display_name;                            ///< "provider/model"
  config::Tier tier = config::Tier::t1;                ///< t1 for an embedding model, whose defaults it has
  std::shared_ptr<const config::Provider> provider{};  ///< after `providers.map`
  bool multimodal = true;
  bool remembered = false;           ///< its tier's strategy looks at the last winners
  double weight = 0.5;               ///< 0 to 1
  std::uint64_t context_window = 0;  ///< tokens of prompt and answer; 0 = not known
  std::uint64_t max_output = 0;      ///< tokens; 0 = not known
  std::uint32_t max_concurrent = 0;  ///< 0 = any number
  std::optional<config::Price> price{};
  Millis connect{};     ///< to the first content: the entry's, or its tier's
  Millis generation{};  ///< of a whole attempt: likewise
  Millis idle{};        ///< of silence inside an answer: the entry's, or `timeouts.idle`
  int rounds = 1;       ///< times it may be asked in a plan of strategy sequential; at least 1
  /// Its cells; the Book outlives every catalog. The same entry in two tiers or two configurations has the same ones.
  health::Target* health = nullptr;
  std::uint64_t hash = 0;  ///< of display_name; the same for ever
};

/// The usable entries of every tier, and the embedding models apart from them. An entry listed twice in a tier counts
/// once; one whose provider has a protocol that we do not speak is left out.
class Catalog {
 public:
  /// Control thread: asks `book` for the cells of every entry.
  [[nodiscard]] static std::shared_ptr<const Catalog> make(const config::Config& config, health::Book& book);

  Catalog() = default;
  Catalog(const Catalog&) = delete;  // candidates are known by their address
  Catalog& operator=(const Catalog&) = delete;

  /// In the configured order.
  [[nodiscard]] std::span<const Candidate> tier(config::Tier tier) const noexcept { return tiers_[tier]; }

  /// Who describes images for candidates that cannot see, in the configured order; empty = nobody does.
  [[nodiscard]] std::span<const Candidate> vision() const noexcept { return vision_; }

  /// Those a client means by `name` (intent::goes_by), lower tiers first, each model once. Empty = none is usable.
  [[nodiscard]] std::span<const Candidate* const> named(std::string_view name) const noexcept;

  /// The providers that pass this group through, as `providers` has them. One candidate stands for all of a provider's
  /// models of the group, which are the client's to name: its `model` is empty, its `entry_id` "provider/v1/images".
  [[nodiscard]] std::span<const Candidate> passing(config::Passthrough group) const noexcept {
    return passing_[static_cast<std::size_t>(group)];
  }

  /// Embedding models that a client means by `name`: the entry's own name, or provider/model. In the configured order.
  [[nodiscard]] std::span<const Candidate* const> embeddings(std::string_view name) const noexcept;

 private:
  struct NameHash {
    using is_transparent = void;

    std::size_t operator()(std::string_view name) const noexcept { return std::hash<std::string_view>{}(name); }
  };

  using Names = std::unordered_map<std::string, std::vector<const Candidate*>, NameHash, std::equal_to<>>;

  void add_entries(config::Tier tier, const config::Config& config, health::Book& book);
  void add_passing(config::Passthrough group, const config::Config& config, health::Book& book);
  void add_embeddings(const config::Config& config, health::Book& book);
  static void add_name(Names& names, std::string name, const Candidate& candidate);
  static std::span<const Candidate* const> find(const Names& names, std::string_view name) noexcept;

  void add_vision(const config::Config& config, health::Book& book);

  config::PerTier<std::vector<Candidate>> tiers_;
  std::array<std::vector<Candidate>, config::passthroughs.size()> passing_;
  std::vector<Candidate> embeddings_;
  std::vector<Candidate> vision_;
  Names by_name_;
  Names embeddings_by_name_;
};

}  // namespace gw::routing
