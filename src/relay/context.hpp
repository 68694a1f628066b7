// What one chat request carries through the stages: typed, made when its head was read, ended by one record.
#pragma once

#include "access/access.hpp"
#include "base/blocks.hpp"
#include "base/clock.hpp"
#include "base/id.hpp"
#include "chat/chat.hpp"
#include "config/config.hpp"
#include "dialect/client.hpp"
#include "dialect/dialect.hpp"
#include "http/exchange.hpp"
#include "intent/intent.hpp"
#include "net/cancel.hpp"
#include "relay/headers.hpp"
#include "relay/passage.hpp"
#include "routing/routing.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gw::relay {

/// One try of one candidate. Its names are the plan's.
struct Attempt {
  std::string_view entry_id;
  std::string_view display_name;
  std::string_view provider;
  std::optional<Error> error;  ///< nullopt = it answered
  TimePoint begun{};
  Duration duration{};
  Duration first_content{};     ///< from its begin to its first content for the client; zero = none came
  bool is_repeat = false;       ///< the same model again
  bool is_probe = false;        ///< the first after a rest
  bool is_last_resort = false;  ///< it rested, and so did everybody else
  std::string upstream_request_id;
};

/// One call of a model for a question of our own (inner_call.hpp): what it cost is not the answer's.
struct InnerCall {
  std::string_view purpose;       ///< "image"
  std::string_view display_name;  ///< of the model; the catalog's
  std::optional<Error> error;     ///< nullopt = it answered
  std::optional<dialect::Usage> usage;
  TimePoint begun{};
  Duration duration{};
};

/// What was done for models that cannot see (vision.hpp).
struct Images {
  std::uint32_t described = 0;  ///< images that a vision model was asked about for this request
  std::uint32_t cached = 0;     ///< those whose description was known, or asked for by another request
  std::string model{};          ///< display name of who described the first
  TimePoint begun{};
  Duration duration{};
  std::optional<Error> error{};  ///< nullopt = all were described
};

/// How the request ended; filled by the relay, read by the record, the log line and the metrics.
struct Outcome {
  std::optional<Error> error;  ///< nullopt = success
  BlockVector<Attempt> attempts;
  BlockVector<InnerCall> inner;    ///< questions of our own
  std::unique_ptr<Images> images;  ///< null: nobody needed words for them
  std::optional<dialect::Usage> usage;
  std::string model;          ///< display name of the one that answered
  config::Tier tier{};        ///< that was asked last
  TimePoint first_content{};  ///< epoch = none was sent
  Duration upstream_wait{};   ///< time in which we only waited for providers
  bool is_own = false;        ///< the answer is the gateway's own: nobody was asked for it
};

/// The request in words alone: what a model gets that cannot see.
struct Described {
  std::string body;           ///< chat::padding readable bytes behind it
  chat::ChatRequest request;  ///< points into it
};

struct Context {
  http::Exchange& exchange;
  config::Snapshot config;                          ///< the one the request began with
  std::shared_ptr<const routing::Catalog> catalog;  ///< of `config`
  RequestId id;
  net::Cancel& cancel;
  const dialect::Client& client;  ///< how this client speaks
  access::Caller caller{};
  std::unique_ptr<const chat::ChatRequest> request{};  ///< null before it was read and once released
  bool is_stream = false;                              ///< request->stream, which does not outlive release_request
  std::string_view body{};                             ///< the untouched bytes; empty once released
  Forwarded forwarded{};                               ///< headers of the client that go to providers
  std::string affinity{};                              ///< the client's x-smartroute-affinity
  intent::Verdict verdict{};
  routing::Plan plan{};
  std::unique_ptr<Passage> passage{};  ///< null: a request to a model
  Outcome outcome{};
  std::unique_ptr<const Described> described{};  ///< null until a model that cannot see was to be asked

  /// The request as a candidate gets it. Until `release_request`.
  struct Wording {
    std::string_view body;
    const chat::ChatRequest& request;
  };

  [[nodiscard]] Wording wording(const routing::Candidate& candidate) const noexcept {
    if (candidate.multimodal || !described) return {body, *request};
    return {described->body, described->request};
  }

  /// Memory that a long reply does not need: the body and what points into it. No attempt can follow.
  void release_request();
};

}  // namespace gw::relay
