// Which block of ours an event or an item is about.
#include "dialect/responses/tell.hpp"

#include <algorithm>

namespace gw::dialect::responses {
namespace {

bool are_equal(Raw one, Raw other) {
  return !one.empty() && one == other;
}

bool differ(Raw one, Raw other) {
  return !one.empty() && !other.empty() && one != other;
}

template <class Blocks, class Is>
auto* last_of(Blocks& blocks, Is is) noexcept {
  const auto at = std::find_if(blocks.rbegin(), blocks.rend(), is);
  return at == blocks.rend() ? nullptr : &*at;
}

}  // namespace

// By the index, whatever the ids: some servers give each event another one. But there are also those that say the same
// index of all items: then an item that has ended is not the one of another id.
bool Teller::is_at(const Block& block, const Place& place) noexcept {
  if (block.is_done && differ(block.id, place.id)) return false;
  if (block.index && place.index) return *block.index == *place.index;
  if (!block.id.empty() && !place.id.empty()) return block.id == place.id;
  return !block.index && !place.index && !block.is_done;
}

Teller::Block* Teller::find(Kind kind, const Place& place, std::uint64_t part_index) noexcept {
  return last_of(blocks_, [&](const Block& one) {
    return one.kind == kind && one.part_index == part_index && is_at(one, place);
  });
}

Teller::Block* Teller::find_item(Kind kind, const Place& place) noexcept {
  return last_of(blocks_, [&](const Block& one) { return one.kind == kind && is_at(one, place); });
}

Teller::Block* Teller::find_call(const Place& place, Raw call_id) noexcept {
  const auto may_be = [&](const Block& one) {
    return one.kind == Kind::call && is_at(one, place) && !differ(one.call_id, call_id);
  };
  Block* const same = last_of(blocks_, [&](const Block& one) { return are_equal(one.id, place.id) && may_be(one); });
  return same != nullptr ? same : last_of(blocks_, may_be);
}

// The finished response may leave items out or number them anew: ids count most, then what fits, then the place.
Teller::Block* Teller::find_wanted(const Wanted& wanted) noexcept {
  const bool is_reasoning = wanted.kind == Kind::reasoning;
  const auto may_be = [&](const Block& one) {
    const bool is_kind = one.kind == wanted.kind || (is_reasoning && one.kind == Kind::summary);
    const bool is_part = is_reasoning || one.part_index == wanted.part_index;
    return !one.is_claimed && is_kind && is_part && !differ(one.call_id, wanted.call_id);
  };
  const auto first_of = [&](auto is) -> Block* {
    const auto at =
        std::find_if(blocks_.begin(), blocks_.end(), [&](const Block& one) { return may_be(one) && is(one); });
    return at == blocks_.end() ? nullptr : &*at;
  };
  const auto is_here = [&](const Block& one) { return one.index == wanted.place.index; };
  const auto fits = [&](const Block& one) { return one.told.begins(wanted.whole) && !differ(one.name, wanted.name); };
  if (Block* const same = first_of([&](const Block& one) { return are_equal(one.id, wanted.place.id); })) return same;
  if (is_reasoning) {
    Block* const here = first_of(is_here);
    return here != nullptr ? here : first_of([](const Block&) { return true; });
  }
  if (Block* const here = first_of([&](const Block& one) { return is_here(one) && fits(one); })) return here;
  if (Block* const call = first_of([&](const Block& one) { return are_equal(one.call_id, wanted.call_id); })) {
    return call;
  }
  if (Block* const like = first_of([&](const Block& one) { return !one.told.empty() && fits(one); })) return like;
  return first_of(is_here);
}

Teller::Block* Teller::open(Kind kind, const Place& place, std::uint64_t part_index) {
  if (blocks_.size() >= max_blocks) return nullptr;
  Block& block = blocks_.emplace_back();
  block.kind = kind;
  block.index = place.index;
  block.id = place.id;
  block.part_index = part_index;
  if (kind != Kind::call) block.number = next_++;  // a call's is given when it is told
  return &block;
}

}  // namespace gw::dialect::responses
