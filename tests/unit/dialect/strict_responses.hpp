// A Responses service as strict as the real one about requests: unknown and misplaced members are faults.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::test {

/// What is wrong with a request's body, by path; empty when the service would take it.
[[nodiscard]] std::vector<std::string> faults_of_responses_request(std::string_view body);

}  // namespace gw::dialect::test
