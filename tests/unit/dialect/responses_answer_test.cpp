// Answers for clients that speak Responses: streamed, plain, and told back by our own provider side.
#include "base/random.hpp"
#include "dialect/instalments.hpp"
#include "responses_support.hpp"

#include <algorithm>

namespace gw::dialect::responses::test {
namespace {

namespace dom = simdjson::dom;

constexpr AnswerHead head{"req1", "provider/model \"x\"", 1741476542, false};

std::string streamed(const std::vector<Told>& story, std::uint64_t seed) {
  std::string out;
  const auto writer = responses::client().stream(head, out);
  EXPECT_TRUE(out.empty()) << "nothing before the first event";
  tell(story, seed, *writer);
  writer->end();
  return out;
}

std::string plain(const std::vector<Told>& story, std::uint64_t seed) {
  std::string out;
  const auto writer = responses::client().plain(head, out);
  tell(story, seed, *writer);
  EXPECT_TRUE(out.empty()) << "a plain answer is written at its end";
  writer->end();
  return out;
}

// Our ids and names stand in for the provider's.
std::vector<Told> as_answered(std::vector<Told> story) {
  story.front().id = "resp_req1";
  story.front().name = "provider/model \"x\"";
  return story;
}

// What the official clients hold an answer's events against: numbered, each item begun before it grows, ended once, and
// the same in its end as in its pieces.
class StrictStream {
 public:
  std::vector<std::string> faults;

  void event(const http::SseEvent& sse) {
    dom::element element;
    if (parser_.parse(sse.data.data(), sse.data.size(), true).get(element) != simdjson::SUCCESS) {
      faults.push_back("no JSON: " + std::string(sse.data));
      return;
    }
    const std::string type(text(element, "type"));
    expect(type == sse.name, "the name of an event is its type: " + type);
    expect(number(element, "sequence_number") == next_++, "numbered one by one: " + type);
    expect(!has_ended_, "nothing behind the end: " + type);
    if (type == "response.created" || type == "response.in_progress") {
      expect(text(element["response"], "status") == "in_progress", "in progress");
      return;
    }
    expect(next_ > 2, "begins with created and in_progress");
    if (type == "response.output_item.added") {
      expect(number(element, "output_index") == items_.size(), "items one by one");
      items_.push_back({std::string(text(element["item"], "id")), "", false, false});
      return;
    }
    if (type == "response.completed" || type == "response.incomplete") {
      has_ended_ = true;
      for (const Item& item : items_) expect(item.is_done, "every item has ended");
      std::size_t index = 0;
      for (const dom::element item : element["response"]["output"].get_array()) {
        expect(index < items_.size() && simdjson::minify(item) == items_[index].whole, "the end says what was said");
        ++index;
      }
      expect(index == items_.size(), "the end says all of it");
      return;
    }
    const std::uint64_t index = number(element, "output_index");
    if (index >= items_.size()) {
      faults.push_back("no such item: " + type);
      return;
    }
    Item& item = items_[index];
    expect(!item.is_done, "nothing behind an item's end: " + type);
    if (type == "response.output_item.done") {
      item.is_done = true;
      item.whole = simdjson::minify(element["item"].value());
      expect(!item.is_open, "its part has ended");
      return;
    }
    expect(text(element, "item_id") == item.id, "the item's id: " + type);
    grow(element, type, item);
  }

  [[nodiscard]] bool has_ended() const { return has_ended_; }

 private:
  struct Item {
    std::string id;
    std::string part;
    bool is_open = false;
    bool is_done = false;
    std::string whole{};
  };

  template <class Element>  // or a result of one
  static std::string_view text(const Element& element, std::string_view key) {
    std::string_view out;
    return element[key].get_string().get(out) == simdjson::SUCCESS ? out : std::string_view{};
  }

  static std::uint64_t number(dom::element element, std::string_view key) {
    std::uint64_t out = 0;
    return element[key].get_uint64().get(out) == simdjson::SUCCESS ? out : ~std::uint64_t{0};
  }

  void grow(dom::element element, const std::string& type, Item& item) {
    if (type.ends_with("part.added")) {
      expect(!item.is_open, "one part at a time");
      item.is_open = true;
      item.part.clear();
    } else if (type.ends_with(".delta")) {
      const bool is_call = type.find("function_call") != std::string::npos || type.find("custom") != std::string::npos;
      expect(item.is_open || is_call, "a part has begun: " + type);
      item.part += text(element, "delta");
    } else if (type.ends_with("part.done")) {
      expect(item.is_open, "a part ends once");
      item.is_open = false;
    } else if (type.ends_with(".done")) {
      std::string whole;
      for (const char* key : {"text", "refusal", "arguments", "input"}) whole += text(element, key);
      expect(whole == item.part, "the whole is its pieces: " + type);
    } else {
      expect(type == "response.output_text.annotation.added", "known: " + type);
    }
  }

  void expect(bool holds, const std::string& what) {
    if (!holds) faults.push_back(what);
  }

  dom::parser parser_;
  std::vector<Item> items_;
  std::uint64_t next_ = 0;
  bool has_ended_ = false;
};

void expect_strict(const std::string& bytes) {
  StrictStream strict;
  each_event(bytes, bytes.size(), [&](const http::SseEvent& event) { strict.event(event); });
  EXPECT_TRUE(strict.has_ended());
  EXPECT_EQ(strict.faults, std::vector<std::string>{}) << bytes;
}

TEST(ResponsesAnswer, comes_back_as_it_was_told) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const std::vector<Told> story = random_answer(seed, {});
    const std::string bytes = streamed(story, seed);
    expect_strict(bytes);
    const std::vector<Told> from_stream = story_of_stream(bytes, 1 + seed % 97);
    ASSERT_EQ(from_stream, as_answered(story)) << seed << "\n" << to_string(from_stream) << to_string(story) << bytes;
    const std::string body = plain(story, seed);
    ASSERT_TRUE(is_json(body)) << body;
    const std::vector<Told> from_reply = story_of_reply(body);
    ASSERT_EQ(from_reply, as_answered(story)) << seed << "\n" << to_string(from_reply) << to_string(story) << body;
  }
}

TEST(ResponsesAnswer, our_own_stream_ends_for_the_judge_with_its_last_event) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const std::string bytes = streamed(random_answer(seed, {}), seed);
    const auto stream = responses::dialect().stream(some_provider);
    Meaning last;
    each_event(bytes, bytes.size(), [&](const http::SseEvent& event) { last = stream->read(event); });
    EXPECT_TRUE(last.finished) << bytes;
  }
}

TEST(ResponsesAnswer, is_streamed_as_documented) {
  std::string out;
  const auto writer = responses::client().stream(head, out);
  Event event;
  event.kind = Event::Kind::begin;
  writer->on(event);
  out.clear();
  event.kind = Event::Kind::text;
  event.text = "a\\n";
  writer->on(event);
  EXPECT_EQ(
      out,
      "event: response.output_item.added\n"
      R"(data: {"type":"response.output_item.added","sequence_number":2,"output_index":0,"item":{"id":"msg_req1_0",)"
      R"("type":"message","status":"in_progress","role":"assistant","content":[]}})"
      "\n\nevent: response.content_part.added\n"
      R"(data: {"type":"response.content_part.added","sequence_number":3,"item_id":"msg_req1_0","output_index":0,)"
      R"("content_index":0,"part":{"type":"output_text","text":"","annotations":[],"logprobs":[]}})"
      "\n\nevent: response.output_text.delta\n"
      R"(data: {"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_req1_0","output_index":0,)"
      R"("content_index":0,"delta":"a\n","logprobs":[]})"
      "\n\n"
  );
}

TEST(ResponsesAnswer, plain_as_documented) {
  std::vector<Told> story = random_answer(0, {});
  story.clear();
  Told one;
  one.kind = Event::Kind::begin;
  story.push_back(one);
  one.kind = Event::Kind::call;
  one.id = "toolu_1";
  one.name = "f";
  story.push_back(one);
  one = {};
  one.kind = Event::Kind::usage;
  one.usage = {9, 3, 0, 4, 1, 2};
  story.push_back(one);
  EXPECT_EQ(
      plain(story, 0),
      R"({"id":"resp_req1","object":"response","created_at":1741476542,"status":"completed","error":null,)"
      R"("incomplete_details":null,"model":"provider/model \"x\"","output":[{"id":"fc_req1_0","type":"function_call",)"
      R"("status":"completed","call_id":"toolu_1","name":"f","arguments":""}],"instructions":null,)"
      R"("max_output_tokens":null,"max_tool_calls":null,"metadata":{},"parallel_tool_calls":true,)"
      R"("previous_response_id":null,"reasoning":{"effort":null,"summary":null},"temperature":null,)"
      R"("text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":null,"truncation":"disabled",)"
      R"("user":null,"background":false,"store":false,"usage":{"input_tokens":9,"input_tokens_details":)"
      R"({"cached_tokens":4,"cache_write_tokens":1},"output_tokens":3,"output_tokens_details":{"reasoning_tokens":2},)"
      R"("total_tokens":12}})"
  );
}

TEST(ResponsesAnswer, the_finish_is_the_status) {
  struct Case {
    Finish finish;
    const char* status;
    const char* details;
  };

  for (const Case& c : {
           Case{Finish::stop, "completed", "null"},
           Case{Finish::tool_calls, "completed", "null"},
           Case{Finish::pause, "completed", "null"},
           Case{Finish::length, "incomplete", R"({"reason":"max_output_tokens"})"},
           Case{Finish::content_filter, "incomplete", R"({"reason":"content_filter"})"},
           Case{Finish::refusal, "incomplete", R"({"reason":"content_filter"})"},
       }) {
    std::vector<Told> story;
    story.emplace_back().kind = Event::Kind::text;
    story.back().text = "x";
    story.emplace_back().kind = Event::Kind::finish;
    story.back().finish = c.finish;
    const std::string body = plain(story, 0);
    const std::string status = "\"status\":\"" + std::string(c.status) + "\"";
    EXPECT_NE(body.find("1741476542," + status), std::string::npos) << body;
    EXPECT_NE(body.find("\"incomplete_details\":" + std::string(c.details)), std::string::npos) << body;
    EXPECT_NE(body.find(R"("type":"message",)" + status), std::string::npos) << "the last item is cut too: " << body;
    const std::string bytes = streamed(story, 0);
    expect_strict(bytes);
    EXPECT_NE(bytes.find("event: response." + std::string(c.status) + "\n"), std::string::npos);
  }
}

Event make(Event::Kind kind, std::uint32_t block, std::string_view text, std::string_view id, std::string_view name) {
  Event event;
  event.kind = kind;
  event.block = block;
  event.text = text;
  event.id = id;
  event.name = name;
  return event;
}

TEST(ResponsesAnswer, a_custom_tools_call_gets_its_input_back) {
  struct Case {
    const char* arguments;  // raw
    const char* input;      // raw
  };

  for (const Case& c : {
           Case{R"({\"input\":\"*** Begin\\nx \\\"y\\\"\"})", R"(*** Begin\nx \"y\")"},
           Case{R"({ \"input\" : \"\" })", ""},
           Case{R"({\"other\":1})", R"({\"other\":1})"},
           Case{R"({\"input\":5})", R"({\"input\":5})"},
           Case{R"(not JSON)", R"(not JSON)"},
           Case{R"({\"input\":\"cut)", R"({\"input\":\"cut)"},
       }) {
    for (const bool is_stream : {true, false}) {
      std::string out;
      const auto writer = is_stream ? responses::client().stream(head, out) : responses::client().plain(head, out);
      writer->on(make(Event::Kind::call, 0, "", "c1", "custom__apply_patch"));
      const std::string_view arguments = c.arguments;
      writer->on(make(Event::Kind::arguments, 0, arguments.substr(0, 4), "", ""));
      writer->on(make(Event::Kind::arguments, 0, arguments.substr(4), "", ""));
      writer->on(make(Event::Kind::finish, 1, "", "", ""));
      writer->end();
      EXPECT_NE(
          out.find(
              R"({"id":"ctc_req1_0","type":"custom_tool_call","status":"completed","call_id":"c1","name":"apply_patch","input":")" +
              std::string(c.input) + "\"}"
          ),
          std::string::npos
      ) << out;
      EXPECT_EQ(out.find("function_call"), std::string::npos);
      if (is_stream) expect_strict(out);
    }
  }
}

TEST(ResponsesAnswer, a_call_s_proof_stands_before_it) {
  std::string out;
  const auto writer = responses::client().stream(head, out);
  writer->on(make(Event::Kind::text, 0, "a", "", ""));
  writer->on(make(Event::Kind::call, 1, "gemini.call.x", "c", "f"));
  writer->on(make(Event::Kind::arguments, 1, "{}", "", ""));
  writer->end();
  expect_strict(out);
  const std::size_t proof = out.find(R"("encrypted_content":"gemini.call.x")");
  ASSERT_NE(proof, std::string::npos) << out;
  EXPECT_LT(proof, out.find(R"("type":"function_call")")) << out;
}

TEST(ResponsesAnswer, events_in_an_odd_order_still_make_a_well_formed_stream) {
  std::string out;
  const auto writer = responses::client().stream(head, out);
  writer->on(make(Event::Kind::arguments, 7, "lost", "", ""));
  writer->on(make(Event::Kind::call, 0, "", "a", "f"));
  writer->on(make(Event::Kind::call, 1, "", "", "g"));
  writer->on(make(Event::Kind::arguments, 0, "{", "", ""));
  writer->on(make(Event::Kind::text, 2, "between", "", ""));
  writer->on(make(Event::Kind::arguments, 0, "}", "", ""));
  writer->on(make(Event::Kind::proof, 0, "of a call", "", ""));
  writer->on(make(Event::Kind::text, 2, " more", "", ""));
  writer->on(make(Event::Kind::refusal, 3, "no", "", ""));
  writer->on(make(Event::Kind::reasoning, 4, "", "", ""));
  writer->on(make(Event::Kind::reasoning, 4, "hm", "", ""));
  writer->on(make(Event::Kind::text, 2, "late", "", ""));
  Event other = make(Event::Kind::text, 0, "second choice", "", "");
  other.choice = 1;
  writer->on(other);
  writer->end();
  expect_strict(out);
  EXPECT_NE(out.find(R"("arguments":"{}")"), std::string::npos) << out;
  EXPECT_NE(out.find(R"("call_id":"call_req1_1")"), std::string::npos) << "a call without an id gets one";
  EXPECT_EQ(out.find("second choice"), std::string::npos);
  EXPECT_EQ(out.find("lost"), std::string::npos);
}

TEST(ResponsesAnswer, nothing_at_all_is_an_empty_answer) {
  const std::string bytes = streamed({}, 0);
  expect_strict(bytes);
  EXPECT_NE(bytes.find(R"("usage":{"input_tokens":0,)"), std::string::npos) << "some clients take no end without one";
  EXPECT_TRUE(is_json(plain({}, 0)));
}

TEST(ResponsesAnswer, citations_and_log_probabilities_hang_on_the_text) {
  for (const bool is_stream : {true, false}) {
    std::string out;
    const auto writer = is_stream ? responses::client().stream(head, out) : responses::client().plain(head, out);
    writer->on(make(Event::Kind::text, 0, "It rains", "", ""));
    Event extra = make(Event::Kind::annotation, 0, "", "", "");
    extra.json =
        R"({"type":"url_citation","url_citation":{"url":"https://e.org","title":"T","start_index":0,"end_index":2}})";
    writer->on(extra);
    extra.json = R"({"type":"file_citation","file_id":"f","filename":"a","index":1})";
    writer->on(extra);
    extra.json = "no JSON";
    writer->on(extra);
    extra.kind = Event::Kind::logprobs;
    extra.json = R"({"content":[{"token":"It","logprob":-0.25,"bytes":[73],"top_logprobs":[]}],"refusal":null})";
    writer->on(extra);
    writer->on(extra);
    writer->end();
    const std::string one = R"({"token":"It","logprob":-0.25,"bytes":[73],"top_logprobs":[]})";
    EXPECT_NE(
        out.find(
            R"({"type":"output_text","text":"It rains","annotations":[{"type":"url_citation","url":"https://e.org","title":"T","start_index":0,"end_index":2},{"type":"file_citation","file_id":"f","filename":"a","index":1}],"logprobs":[)" +
            one + "," + one + "]}"
        ),
        std::string::npos
    ) << out;
    if (!is_stream) continue;
    expect_strict(out);
    EXPECT_NE(out.find(R"("annotation_index":1,"annotation":{"type":"file_citation")"), std::string::npos) << out;
  }
}

// Whatever a provider's bytes turn into, what goes out is JSON.
TEST(ResponsesAnswer, spoilt_streams_of_a_provider_never_spoil_what_is_written) {
  Random random(7);
  for (const char* name : {"stream_tools.sse", "stream_search.sse", "stream_refusal.sse", "stream_open_model.sse"}) {
    const std::string whole = file(name);
    for (int round = 0; round < 300; ++round) {
      std::string bytes = whole;
      const std::uint32_t changes = 1 + random.below(8);
      for (std::uint32_t i = 0; i < changes; ++i) {
        constexpr std::string_view spoils = "\"\\{}[]:,0q\x01\xff";
        bytes[random.below(static_cast<std::uint32_t>(bytes.size()))] =
            spoils[random.below(static_cast<std::uint32_t>(spoils.size()))];
      }
      std::string out;
      const auto writer = responses::client().stream(head, out);
      const auto stream = responses::dialect().stream(some_provider);
      each_event(bytes, bytes.size(), [&](const http::SseEvent& event) { stream->read(event, writer.get()); });
      writer->end();
      expect_strict(out);
      if (HasFailure()) return;
    }
  }
}

TEST(ResponsesError, bodies_and_events_as_the_clients_know_them) {
  Error error = client_error(Errc::invalid_request, "'input' is \"missing\".", "input");
  EXPECT_EQ(
      responses::client().error_body(error, 400),
      R"({"error":{"message":"'input' is \"missing\".","type":"invalid_request_error","param":"input","code":"invalid_request"}})"
  );
  error = upstream_error(Errc::rate_limited, "wait");
  EXPECT_EQ(
      responses::client().error_body(error, 429),
      R"({"error":{"message":"wait","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}})"
  );
  const std::string events = responses::client().error_event(error, 429);
  std::vector<std::string> names;
  each_event(events, events.size(), [&](const http::SseEvent& event) {
    names.emplace_back(event.name);
    EXPECT_TRUE(is_json(event.data)) << event.data;
    const Meaning meaning = responses::dialect().stream(some_provider)->read(event);
    ASSERT_TRUE(meaning.error) << event.data;
    EXPECT_EQ(meaning.error->code, Errc::rate_limited) << event.data;
  });
  EXPECT_EQ(names, (std::vector<std::string>{"error", "response.failed"}));
}

// What a large answer says three times more at its end comes piece by piece, so that it is in memory once beside
// itself.
TEST(ResponsesAnswer, a_large_answer_is_repeated_in_instalments) {
  constexpr std::size_t size = std::size_t{4} << 20;
  const std::string large(size, 'x');
  const auto tell_all = [&](AnswerWriter& writer) {
    Event event;
    event.kind = Event::Kind::begin;
    writer.on(event);
    event.kind = Event::Kind::text;
    event.text = large;
    writer.on(event);
    event.kind = Event::Kind::call;
    event.block = 1;
    event.id = "c";
    event.name = "f";
    event.text = {};
    writer.on(event);
    event.block = 2;
    event.id = "d";
    writer.on(event);
    event.kind = Event::Kind::arguments;
    event.text = large;
    writer.on(event);
    event.kind = Event::Kind::finish;
    writer.on(event);
    event.kind = Event::Kind::usage;
    event.usage.prompt = 7;
    writer.on(event);
  };
  std::string whole;
  const auto at_once = responses::client().stream(head, whole);
  tell_all(*at_once);
  at_once->end();

  std::string out;
  const auto writer = responses::client().stream(head, out);
  auto* const instalments = dynamic_cast<Instalments*>(writer.get());
  ASSERT_NE(instalments, nullptr);
  instalments->allow();
  tell_all(*writer);
  std::string all;
  std::vector<std::size_t> sizes;
  const auto take = [&] {
    sizes.push_back(out.size());
    EXPECT_LE(out.capacity(), std::max(out.size() + out.size() / 8, std::size_t{1} << 16))
        << "no room is taken for more";
    all.append(out);
    std::string{}.swap(out);
  };
  all.append(out);
  std::string{}.swap(out);
  writer->end();
  EXPECT_LT(out.size(), 2048U) << "what ends a large text waits";
  all.append(out);
  std::string{}.swap(out);
  while (instalments->owes()) {
    instalments->next();
    take();
  }
  EXPECT_TRUE(all == whole) << all.size() << " and " << whole.size();
  ASSERT_EQ(sizes.size(), 3U) << "the arguments, their item, the response";
  EXPECT_LT(sizes[0], size + 4096);
  EXPECT_LT(sizes[1], size + 4096);
  EXPECT_LT(sizes[2], 2 * size + 8192);
}

}  // namespace
}  // namespace gw::dialect::responses::test
