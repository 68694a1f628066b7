// Images in words, for models that cannot see (docs/vision.md): each image of a request is described by a vision model,
// or was before, and stands in the request as text. Decides what such a model gets; who is asked is decided elsewhere.
#pragma once

#include "base/error.hpp"
#include "net/task.hpp"
#include "relay/context.hpp"
#include "relay/relay.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gw::relay {

/// Images of one request that are described at most.
inline constexpr std::size_t max_described_images = 64;

/// This candidate gets words in the place of the request's images: it cannot see, and there are vision models.
[[nodiscard]] bool needs_words(const Context& context, const routing::Candidate& candidate) noexcept;

/// Makes `context.described`, once a request. The error, image_undescribed, says why it cannot be made: other
/// candidates may see. Or the client left, or we stop. Fills `context.outcome.images` and `.inner`.
net::Task<std::optional<Error>> describe_images(Context& context, Services services);

/// The body with each image's part replaced by a text part of the client's dialect; every other byte is as it was.
/// As many texts as images.
[[nodiscard]] std::string in_words(
    std::string_view body,
    std::span<const chat::Image> images,
    std::span<const std::string_view> texts,
    std::string_view text_type
);

}  // namespace gw::relay
