// Anthropic's Messages as the service takes it and as its SDKs read it: every fault in a text of the unit under test.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::test {

/// What the service would refuse in a request; empty = it is taken.
[[nodiscard]] std::vector<std::string> faults_of_messages_request(std::string_view body);

/// What an SDK would stumble over in a whole message.
[[nodiscard]] std::vector<std::string> faults_of_message(std::string_view body);

/// What an SDK would stumble over in a stream's events.
[[nodiscard]] std::vector<std::string> faults_of_messages_stream(const std::string& bytes);

[[nodiscard]] std::string joined(const std::vector<std::string>& faults);

}  // namespace gw::dialect::test
