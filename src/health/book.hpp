// Which cells there are. Private to health; Keeper is the other user.
#pragma once

#include "health/cells.hpp"
#include "health/saved.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace gw::health {

[[nodiscard]] State state_of(const Cell& cell, std::int64_t now_ms);
[[nodiscard]] State state_of(const Entry& entry, std::int64_t now_ms);
void restore(Cell& cell, const State& state);
void restore(Entry& entry, const State& state);

struct Book::Impl {
  // A cell and what is known about it beside the path of a request.
  template <class T>
  struct Known {
    std::string shown_as;             ///< the row's id
    std::uint64_t configuration = 0;  ///< the last that asked for it
    std::int64_t seen = 0;            ///< at the last save while it was current; 0 = there was none
    const Target* target = nullptr;   ///< of an entry: the last one made
    T cell;
  };

  // Guards the maps, never the cells: the path of a request does not come here.
  mutable std::mutex mutex;
  std::uint64_t configuration = 0;
  std::uint64_t shown = 0;  ///< the last configuration whose targets were all asked for
  std::map<Name, std::unique_ptr<Known<Entry>>> entries;
  std::map<Name, std::unique_ptr<Known<Cell>>> others;
  std::map<std::string, std::unique_ptr<Target>> targets;  ///< by all that makes one
  std::map<Name, State> saved;                             ///< read, and not asked for yet

  template <class T>
  Known<T>& known(std::map<Name, std::unique_ptr<Known<T>>>& in, const Name& name, const std::string& shown_as);

  void restore(std::vector<Kept> kept);
  [[nodiscard]] std::vector<Kept> kept(std::int64_t now_ms);
};

}  // namespace gw::health
