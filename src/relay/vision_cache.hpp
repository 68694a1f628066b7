// Descriptions of images that were made before, and those that are being made: a request that wants one that another
// request is asking for waits for that answer instead of paying for its own. One a process, for all shards: guarded by
// a short mutex, which is held for a look-up or a note only, never over a wait. Time is given.
#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace gw::relay {

/// What a vision model said of an image.
struct Description {
  std::string text;
  std::string model;  ///< display name of who said it
};

class VisionCache {
 public:
  using Key = std::array<unsigned char, 32>;
  using Found = std::shared_ptr<const Description>;

  VisionCache() = default;
  VisionCache(const VisionCache&) = delete;
  VisionCache& operator=(const VisionCache&) = delete;

  /// A request's wish for one description, for a scope. Its thread's, but for `wake`.
  class Visit {
   public:
    enum class State : std::uint8_t {
      waits,   ///< another visit leads; `wake` is called when this is over
      leads,   ///< it is this one's to ask a model
      found,   ///< known already, or just said to the one that led
      failed,  ///< the one that led was told no
    };

    /// `wake` is called at most once, on any thread, perhaps after this visit's end: it owns what it touches.
    Visit(VisionCache& cache, const Key& key, std::function<void()> wake);

    /// One that leads and leaves without an end (its client left) passes the lead on to the next that waits.
    ~Visit();
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

    /// Once, first. A description older than `ttl` is none.
    [[nodiscard]] State begin(TimePoint now, Seconds ttl);

    [[nodiscard]] State state() const;

    /// When `found`.
    [[nodiscard]] Found found() const;

    /// When `failed`.
    [[nodiscard]] Error error() const;

    /// Of the one that leads: keeps the description within `max_bytes` for all that are kept, and tells who waits.
    Found succeed(Description description, TimePoint now, std::size_t max_bytes);

    /// Of the one that leads: who waits hears it, too. The next that comes asks anew.
    void fail(Error error);

   private:
    friend class VisionCache;

    VisionCache& cache_;
    Key key_;
    std::function<void()> wake_;
    // Guarded by the cache's mutex.
    State state_ = State::waits;
    bool is_in_flight_ = false;
    Found found_;
    std::optional<Error> error_;
  };

  /// Bytes that the descriptions kept are reckoned with.
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept;
  };

  struct Entry {
    Key key;
    Found found;
    TimePoint made;
    std::size_t bytes = 0;
  };

  using Wakes = std::vector<std::function<void()>>;

  [[nodiscard]] Found known(const Key& key, TimePoint now, Seconds ttl);
  void keep(const Key& key, Found found, TimePoint now, std::size_t max_bytes);
  void drop(std::list<Entry>::iterator entry);
  void leave(Visit& visit);
  template <class Tell>
  void end_flight(const Key& key, Tell tell, Wakes& wakes);

  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // the last used first
  std::unordered_map<Key, std::list<Entry>::iterator, KeyHash> by_key_;
  /// Who leads stands first, then who waits, in the order they came.
  std::unordered_map<Key, std::list<Visit*>, KeyHash> flights_;
  std::size_t bytes_ = 0;
};

}  // namespace gw::relay
