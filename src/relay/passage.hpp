// What a request that is passed through carries beside what every request carries.
#pragma once

#include "chat/chat.hpp"
#include "config/config.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gw::relay {

struct Passage {
  /// A provider's refusal of the request itself, in its own words.
  struct Refusal {
    int status = 0;
    std::string content_type;
    std::string body;
  };

  config::Passthrough group{};
  std::string target{};                   ///< below a provider's API root, with the query
  std::string header_lines{};             ///< of the client: Content-Type, Accept
  std::string_view begun{};               ///< the body's first bytes
  bool is_whole = false;                  ///< these are all
  std::optional<std::uint64_t> length{};  ///< of the client's body, where it is known
  chat::Span cut{};                       ///< of `begun`, not sent
  std::string model{};                    ///< as the provider gets it; empty = not known

  // What the attempts leave behind.
  bool is_spent = false;     ///< nobody else can be asked: the body is gone, or the provider may have done the work
  bool is_nobody_s = false;  ///< the last failure says nothing of the provider's health or its key's
  std::optional<Refusal> refusal{};  ///< the first
};

}  // namespace gw::relay
