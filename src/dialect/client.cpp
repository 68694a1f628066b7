#include "dialect/client.hpp"

#include "dialect/messages/client.hpp"
#include "dialect/messages/count.hpp"
#include "dialect/openai/client.hpp"
#include "dialect/openai/completions.hpp"
#include "dialect/openai/embeddings.hpp"
#include "dialect/responses/client.hpp"

namespace gw::dialect {

const Client* client_of_path(std::string_view path) noexcept {
  if (path == "/v1/chat/completions") return &openai::client();
  if (path == "/v1/messages") return &messages::client();
  if (path == "/v1/messages/count_tokens") return &messages::count_client();
  if (path == "/v1/responses") return &responses::client();
  if (path == "/v1/embeddings") return &openai::embeddings_client();
  if (path == "/v1/completions") return &openai::completions_client();
  return nullptr;
}

}  // namespace gw::dialect
