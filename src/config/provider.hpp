// Where requests go: a provider, as the configuration describes it (docs/configuration.md, `providers`).
#pragma once

#include "base/error.hpp"
#include "base/secret.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gw::config {

enum class Protocol : std::uint8_t { openai, v1_messages, v1_response, gemini, demo };
inline constexpr std::array<Protocol, 5> protocols{
    Protocol::openai, Protocol::v1_messages, Protocol::v1_response, Protocol::gemini, Protocol::demo};
[[nodiscard]] std::string_view to_string(Protocol protocol) noexcept;  // "openai", "v1-messages", "v1-response", ...

enum class StreamUsage : std::uint8_t {
  inject,  ///< ask for usage when the client did not say, and take that one chunk out again
  as_is,   ///< send what the client sent
};

/// How a provider is asked for a completion of a text (POST /v1/completions).
enum class Completions : std::uint8_t {
  chat,    ///< as a chat completion, the prompt its one message
  native,  ///< at its own /completions
};
inline constexpr std::array<Completions, 2> all_completions{Completions::chat, Completions::native};
[[nodiscard]] std::string_view to_string(Completions value) noexcept;  // "chat", "native"

/// Whose error codes a provider uses; `automatic` goes by the host of its base_url, which loading does.
enum class Vendor : std::uint8_t {
  automatic,
  generic,
  openai,
  anthropic,
  deepseek,
  moonshot,
  zhipu,
  dashscope,
  siliconflow,
  volcengine,
  openrouter,
  gemini
};
inline constexpr std::array<Vendor, 12> vendors{
    Vendor::automatic,
    Vendor::generic,
    Vendor::openai,
    Vendor::anthropic,
    Vendor::deepseek,
    Vendor::moonshot,
    Vendor::zhipu,
    Vendor::dashscope,
    Vendor::siliconflow,
    Vendor::volcengine,
    Vendor::openrouter,
    Vendor::gemini};
[[nodiscard]] std::string_view to_string(Vendor vendor) noexcept;  // "auto", "generic", "openai", ...

/// Never `automatic`; `generic` for a host that nobody knows.
[[nodiscard]] Vendor vendor_of_url(std::string_view base_url) noexcept;

/// What a provider's error means (docs/failover.md): all conditions that are set must hold. The first rule counts.
struct ErrorRule {
  int status = 0;       ///< 400 to 499, the HTTP status or, inside a 200, the one the error names; 0 = any
  std::string code;     ///< the error's `code`, without regard to case; a `*` at the end stands for any ending
  std::string type;     ///< its `type`, likewise
  std::string message;  ///< stands in its `message`, without regard to case
  Errc becomes = Errc::upstream_server;

  friend bool operator==(const ErrorRule&, const ErrorRule&) = default;
};

/// The classes a rule may name, by their `to_string`.
inline constexpr std::array<Errc, 9> rule_classes{
    Errc::upstream_refused,
    Errc::context_exceeded,
    Errc::unsupported_input,
    Errc::content_policy,
    Errc::model_unavailable,
    Errc::rate_limited,
    Errc::billing,
    Errc::upstream_auth,
    Errc::upstream_server};

/// What of a provider's API beside chat is passed through, by the first part of the path behind /v1.
enum class Passthrough : std::uint8_t { images, audio, moderations, rerank };
inline constexpr std::array<Passthrough, 4> passthroughs{
    Passthrough::images, Passthrough::audio, Passthrough::moderations, Passthrough::rerank};
[[nodiscard]] std::string_view to_string(Passthrough group) noexcept;  // "images", ...

/// One of a provider's keys. "env:NAME" and "file:PATH" are resolved at load.
struct ProviderKey {
  Secret secret;
  double weight = 1;  ///< its share of the requests among the provider's healthy keys; 0 = only when no other is left

  friend bool operator==(const ProviderKey&, const ProviderKey&) = default;
};

/// Where requests go. Ids: "upstream" is the default provider, others are keys of `providers.custom`.
struct Provider {
  std::string id;
  /// http:// or https:// up to the API root, e.g. https://api.openai.com/v1; trailing slashes removed. Its path may
  /// have `{model}` in it, and a query may follow (Azure's deployments). Unused for demo.
  std::string base_url;
  /// `api_key` and `api_keys`; never empty. A key without text = no Authorization header at all (Ollama, vLLM).
  std::vector<ProviderKey> keys = std::vector<ProviderKey>(1);
  Protocol protocol = Protocol::openai;
  bool verify_ssl = true;
  /// PEM file with further trusted authorities; empty = the system's.
  std::string ca_file;
  /// http://[user:password@]host:port of a forward proxy (HTTP CONNECT for https, absolute form is not used).
  std::string proxy;
  /// The header that the key is sent in, a bearer token in `Authorization`; empty = the one of the protocol.
  std::string key_header;
  /// Fixed extra request headers, sent after ours. Never Host, Content-Length, Transfer-Encoding or Connection.
  std::vector<std::pair<std::string, std::string>> headers;
  StreamUsage stream_usage = StreamUsage::inject;
  Completions completions = Completions::chat;  ///< native: of protocol openai only
  Vendor vendor = Vendor::automatic;
  /// What filled in the rest (presets.hpp); empty = none.
  std::string preset;
  /// The operator's rules; they come before the shipped ones of the vendor.
  std::vector<ErrorRule> error_map;
  /// The groups it answers; none unless the operator says so. Protocol openai only.
  std::vector<Passthrough> passthrough;
  /// The longest body of such a request. It is not held in memory, so it may be longer than `limits.body_bytes`.
  std::size_t passthrough_bytes = std::size_t{64} * 1024 * 1024;

  [[nodiscard]] bool passes(Passthrough group) const noexcept;

  friend bool operator==(const Provider&, const Provider&) = default;
};

}  // namespace gw::config
