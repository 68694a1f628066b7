// The tables of docs/dialects.md and docs/dialects/, row by row: what they promise is what is done.
#include "table_answers.hpp"
#include "table_requests.hpp"
#include "table_rows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <stdexcept>

namespace gw::dialect::test {
namespace {

constexpr const char* to_provider = "As the target: requests";
constexpr const char* of_provider = "As the target: answers";
constexpr const char* of_client = "As the source: requests";
constexpr const char* to_client = "As the source: answers";

std::string page_text(const std::string& name) {
  std::ifstream in(std::string(GW_TEST_DATA) + "/../../docs/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

// The runs of one row of requests: every example, to everybody named.
std::vector<Target> targets_of(const Member& member, const Target& usual) {
  std::vector<Target> out;
  for (const std::string& name : member.targets) out.push_back(target_named(name));
  if (out.empty()) out.push_back(usual);
  if (member.models.empty()) return out;
  std::vector<Target> with_models;
  for (const Target& target : out) {
    for (const std::string& model : member.models) with_models.emplace_back(target).model = model;
  }
  return with_models;
}

struct Table {
  config::Protocol own = config::Protocol::openai;
  std::string section;
};

// What is wrong with a row; empty = it holds. `runs` counts what was tried.
std::string fault_of_row(const Table& table, const Row& row, std::size_t& runs) {
  if (row.cells.size() != 4) return "has " + std::to_string(row.cells.size()) + " cells, not 4";
  const std::string& verdict = row.cells[1];
  const Member member = member_of(row.cells[0]);
  const Counterpart wanted = counterpart_of(row.cells[2]);
  const bool is_request = table.section == to_provider || table.section == of_client;
  for (const Json& example : member.examples) {
    if (!is_request) {
      ++runs;
      std::string fault = table.section == of_provider ? fault_of_told(table.own, example, verdict, wanted)
                                                       : fault_of_answer(table.own, example, verdict, wanted);
      if (!fault.empty()) return fault;
      continue;
    }
    const bool is_source = table.section == of_client;
    Target usual;
    usual.protocol = is_source ? config::Protocol::openai : table.own;
    if (is_source && table.own == config::Protocol::openai) usual.protocol = config::Protocol::v1_response;
    config::Protocol client = is_source ? table.own : config::Protocol::openai;
    if (!member.from.empty()) client = protocol_named(member.from);
    for (Target target : targets_of(member, usual)) {
      ++runs;
      target.limit = member.limit;
      target.version = member.version;
      const std::string fault = fault_of_request(client, target, example, member.with, verdict, wanted);
      if (!fault.empty()) return fault;
    }
  }
  return {};
}

std::string fault_of(const Table& table, const Row& row, std::size_t& runs) {
  try {
    return fault_of_row(table, row, runs);
  } catch (const std::exception& error) {
    return error.what();
  }
}

void expect_page_holds(const std::string& name, const std::vector<std::string>& sections) {
  std::map<std::string, std::size_t> rows;
  std::size_t runs = 0;
  for (const Row& row : rows_of(page_text("dialects/" + name + ".md"))) {
    const bool is_known = std::find(sections.begin(), sections.end(), row.section) != sections.end();
    EXPECT_TRUE(is_known) << name << ".md:" << row.line << ": a table that nobody tests, in \"" << row.section << "\"";
    if (!is_known) continue;
    ++rows[row.section];
    const std::string fault = fault_of({protocol_named(name), row.section}, row, runs);
    EXPECT_EQ(fault, "") << name << ".md:" << row.line << ": " << (row.cells.empty() ? "" : row.cells.front());
  }
  for (const std::string& section : sections) {
    EXPECT_GT(rows[section], 5U) << name << ": " << section;
    std::cout << "[ rows     ] " << name << ".md, " << section << ": " << rows[section] << "\n";
  }
  std::cout << "[ runs     ] " << name << ".md: " << runs << "\n";
}

TEST(DialectTables, chat_completions) {
  expect_page_holds("openai", {to_provider, of_provider, of_client, to_client});
}

TEST(DialectTables, messages) {
  expect_page_holds("messages", {to_provider, of_provider, of_client, to_client});
}

TEST(DialectTables, responses) {
  expect_page_holds("responses", {to_provider, of_provider, of_client, to_client});
}

TEST(DialectTables, gemini) {
  expect_page_holds("gemini", {to_provider, of_provider});
}

// docs/dialects.md: | member | what becomes of it at a provider of Chat | Messages | Responses | Gemini |
TEST(DialectTables, the_overview) {
  const std::vector<std::string> providers{"Chat", "Messages", "Responses", "Gemini"};
  std::size_t rows = 0;
  for (const Row& row : rows_of(page_text("dialects.md"))) {
    if (row.section != "At a glance") continue;
    ++rows;
    ASSERT_EQ(row.cells.size(), 5U) << "dialects.md:" << row.line;
    const Member member = member_of(row.cells[0]);
    const config::Protocol client = protocol_named(member.from.empty() ? "Chat" : member.from);
    for (std::size_t i = 0; i < providers.size(); ++i) {
      const Target target = target_named(providers[i]);
      const std::string& said = row.cells[i + 1];
      std::string is = verdict_of(client, target, member.examples.front(), member.with);
      if (target.protocol == client) {  // as it is, unless nobody is to have it
        is = is_taken(client, request_with(client, member.examples.front(), member.with, true)) ? "same" : "400";
      }
      EXPECT_EQ(said, is) << "dialects.md:" << row.line << ": " << row.cells[0] << " to " << providers[i];
    }
  }
  EXPECT_GT(rows, 20U);
  std::cout << "[ rows     ] dialects.md, At a glance: " << rows << "\n";
}

// A table is only worth as much as its test: rows that promise what is not done are seen.
TEST(DialectTables, a_wrong_row_is_seen) {
  struct Case {
    const char* section;
    const char* row;
  };

  const std::vector<Case> wrong{
      {to_provider, R"(| `"n":2` | mapped | `"n":2` | |)"},
      {to_provider, R"(| `"seed":7` | mapped | `"seed":7` | |)"},
      {to_provider, R"(| `"seed":7` | dropped | named `top_k` | |)"},
      {to_provider, R"(| `"seed":7` | dropped | | |)"},
      {to_provider, R"(| `"seed":7` | nothing | | |)"},
      {to_provider, R"(| `"stop":["END"]` | mapped | `"stop_sequences":["OTHER"]` | |)"},
      {to_provider, R"(| `"stop":["END"]` | mapped | | |)"},
      {to_provider, R"(| `"stop":["END"]` | mapped | `{"role":"user"}` | |)"},
      {to_provider, R"(| `"stop":["END"]` | refused | named `stop` | |)"},
      {to_provider, R"(| `"stop":5` | refused | named `stop` | |)"},
      {to_provider, R"(| `"n":2` | refused | named `seed` | |)"},
      {to_provider, R"(| some prose | nothing | | |)"},
      {to_provider, R"(| `"stop":["END"]` | mapped | see below | |)"},
      {to_provider, R"(| `"stop":["END"]` | mapped | `"stop_sequences":["END"]` |)"},
      {of_provider, R"(| `{"type":"text","text":"a"}` | mapped | `{"reasoning":"a"}` | |)"},
      {of_provider, R"(| `{"type":"text","text":"a"}` | nothing | | |)"},
      {of_provider, R"(| `{"type":"text","text":"a"}` | mapped | `{"text":"hi"}` | |)"},
      {of_provider, R"(| `{"type":"server_tool_use"}` | mapped | `{"text":"hi"}` | |)"},
      {of_client, R"(| `"max_tokens":0` | mapped | `"max_tokens":0` | |)"},
      {of_client, R"(| `"speed":"fast"` | mapped | `"speed":"fast"` | |)"},
      {to_client, R"(| `{"text":"a"}` | mapped | `{"type":"text","text":"b"}` | |)"},
      {to_client, R"(| `{"text":"a"}` | mapped | stream `{"type":"text_delta","text":"b"}` | |)"},
      {to_client, R"(| `{"text":"a"}` | dropped | | |)"},
      {to_client, R"(| `{"annotation":{}}` | mapped | `{"type":"text"}` | |)"}};
  for (const Case& one : wrong) {
    const std::vector<Row> rows = rows_of(std::string("| head |\n|---|\n") + one.row + "\n");
    ASSERT_EQ(rows.size(), 1U);
    std::size_t runs = 0;
    EXPECT_NE(fault_of({config::Protocol::v1_messages, one.section}, rows.front(), runs), "") << one.row;
  }
}

TEST(DialectTables, a_right_row_is_no_fault) {
  std::size_t runs = 0;
  const std::string page = "| head |\n|---|\n| `\"stop\":[\"END\"]` | mapped | `\"stop_sequences\":[\"END\"]` | |\n";
  EXPECT_EQ(fault_of({config::Protocol::v1_messages, to_provider}, rows_of(page).front(), runs), "");
  EXPECT_EQ(runs, 1U);
}

}  // namespace
}  // namespace gw::dialect::test
