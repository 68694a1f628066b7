// The tables of docs/dialects/*.md as what they promise. A row is
//   | member (JSON example) | verdict | counterpart (JSON) | why |
// and its first and third cell are a small language, so that nothing in them goes untested:
//   member:      `JSON`, ... [to Vendor, ... | to `model`] [from Dialect] [with `JSON`] [limit `N`] [version `V`]
//   counterpart: [stream] `JSON`, ... [named `x`, ...]
// `"a":1` stands for {"a":1}. Several examples or targets are several runs of one row.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::test {

using Json = nlohmann::ordered_json;

struct Row {
  std::size_t line = 0;  ///< of the page
  std::string section;   ///< the heading above its table
  std::vector<std::string> cells;
};

/// Every row of every table of a page, without heads.
[[nodiscard]] std::vector<Row> rows_of(std::string_view page);

struct Member {
  std::vector<Json> examples;
  std::vector<std::string> targets;  ///< vendors or dialects, as people call them
  std::vector<std::string> models;
  std::string from;         ///< the client's dialect; empty = the table's
  Json with;                ///< other members of the request
  std::uint64_t limit = 0;  ///< `max_output` of the entry
  std::string version;      ///< `anthropic-version` of the provider
};

struct Counterpart {
  std::vector<Json> whole;         ///< in a body or a plain answer
  std::vector<Json> stream;        ///< in an answer's stream
  std::vector<std::string> names;  ///< as the header or the error names it
};

/// Both throw std::runtime_error with what is not understood.
[[nodiscard]] Member member_of(std::string_view cell);
[[nodiscard]] Counterpart counterpart_of(std::string_view cell);

/// Whether `want` is somewhere in `tree`: objects member-wise, lists in their order, "..." any text.
[[nodiscard]] bool holds(const Json& tree, const Json& want);

}  // namespace gw::dialect::test
