// The client's side of a relayed answer: held until the commit, then written; comments keep it alive while it waits
// (design section 4, "hold").
#pragma once

#include "relay/context.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gw::relay {

class ClientReply {
 public:
  explicit ClientReply(Context& context);
  ClientReply(const ClientReply&) = delete;
  ClientReply& operator=(const ClientReply&) = delete;

  /// Real content was sent, or is about to be: no other candidate may answer.
  [[nodiscard]] bool committed() const noexcept { return committed_; }

  /// Headers that say who answers; before the head leaves.
  void describe(const routing::Candidate& candidate);

  /// Names the members of the request that the provider's dialect cannot say; empty = none.
  void dropped(std::string_view members);

  /// Marks the commit. The first bytes of a stream leave together with the head.
  void commit();

  /// Whole events of a stream. False when the client is gone.
  net::Task<bool> write_events(std::string_view bytes);

  /// A whole plain answer.
  net::Task<bool> send_plain(std::string_view content_type, std::string_view body);

  /// A plain answer whose body follows by `write_body`.
  void begin_plain(std::string_view content_type, std::uint64_t length);
  net::Task<bool> write_body(std::string_view bytes);

  /// A reply that is passed through, whose body follows likewise; without a length it is of unknown length.
  void begin_passed(
      int status,
      std::string_view content_type,
      const routing::Candidate& candidate,
      std::optional<std::uint64_t> length
  );

  /// A provider's refusal in its own words, instead of `fail`.
  net::Task<void> refuse(const Passage::Refusal& refusal);

  net::Task<bool> end();

  /// The one clear error: as a status when the head has not left, else as the stream's last event.
  net::Task<void> fail(const Error& error);

 private:
  void heartbeat();
  void head(int status);

  Context& context_;
  net::Deadline hold_;
  TimePoint last_write_;
  bool committed_ = false;
  bool described_ = false;
};

}  // namespace gw::relay
