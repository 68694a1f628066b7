#include "dialect/responses/answer_write.hpp"

#include "dialect/instalments.hpp"
#include "dialect/responses/item_writer.hpp"

#include <deque>

namespace gw::dialect::responses {
namespace {

class Plain final : public ItemWriter {
 public:
  Plain(const AnswerHead& head, std::string& out) : ItemWriter(head), out_(out) {}

 protected:
  void ended(const ResponseObject& response) override {
    JsonWriter json(out_);
    write_response(json, response);
  }

 private:
  std::string& out_;
};

// How the parts of an item are called in the names of events.
std::string_view text_name(const AnswerItem& item) {
  switch (item.kind) {
    case AnswerItem::Kind::message:
      return item.parts.back().is_refusal ? "refusal" : "output_text";
    case AnswerItem::Kind::reasoning:
      return "reasoning_summary_text";
    case AnswerItem::Kind::call:
      return item.is_custom ? "custom_tool_call_input" : "function_call_arguments";
  }
  return {};
}

constexpr std::size_t large_text = std::size_t{64} * 1024;
constexpr std::size_t around_text = std::size_t{4} * 1024;

std::size_t text_size(const AnswerItem& item) {
  std::size_t size = item.text.size();
  for (const AnswerPart& part : item.parts) size += part.text.size();
  return size;
}

// At its end an answer says each text three times more, and a fourth time in the whole response: large ones one by one
// (instalments.hpp), so that they are in memory twice.
class Stream final : public ItemWriter, public Instalments {
 public:
  Stream(const AnswerHead& head, std::string& out) : ItemWriter(head), out_(out) {}

  void allow() override { is_allowed_ = true; }

  [[nodiscard]] bool owes() const override { return !owed_.empty(); }

  void next() override {
    if (owed_.empty()) return;
    const Owed owed = owed_.front();
    owed_.pop_front();
    write(owed);
  }

 protected:
  void ending() override { is_ending_ = true; }

  void begun() override {
    for (const std::string_view name : {"created", "in_progress"}) {
      JsonWriter json = begin(name, {});
      json.key("response");
      write_response(json, response());
      finish(json);
    }
  }

  void item_added(const AnswerItem& item, std::size_t index) override {
    whole_item("output_item", ".added", item, index);
  }

  void item_done(const AnswerItem& item, std::size_t index) override {
    owe({Owed::What::item, index}, text_size(item));
  }

  void part_added(const AnswerItem& item, std::size_t index) override { whole_part(".added", item, index); }

  void delta(const AnswerItem& item, std::size_t index, Raw text) override {
    JsonWriter json = begin(text_name(item), ".delta");
    place(json, item, index);
    json.key("delta").string(text);
    if (is_text(item)) json.key("logprobs").begin_array().end_array();
    finish(json);
  }

  void annotated(const AnswerItem& item, std::size_t index, JsonText annotation) override {
    JsonWriter json = begin("output_text.annotation", ".added");
    place(json, item, index);
    json.key("annotation_index").number(item.parts.back().annotation_count);
    json.key("annotation").json(annotation);
    finish(json);
  }

  void part_done(const AnswerItem& item, std::size_t index) override {
    if (item.kind == AnswerItem::Kind::reasoning && item.text.empty()) return;
    owe({Owed::What::text, index}, text_size(item));
    if (item.kind != AnswerItem::Kind::call) owe({Owed::What::part, index}, text_size(item));
  }

  void ended(const ResponseObject& response) override {
    end_ = response;
    std::size_t size = 0;
    for (const AnswerItem& item : *response.items) size += text_size(item);
    owe({Owed::What::end, 0}, size);
  }

 private:
  // Of items that have ended: nothing is added any more.
  struct Owed {
    enum class What : std::uint8_t { text, part, item, end };

    What what = What::text;
    std::size_t index = 0;  // of the item
  };

  void owe(const Owed& owed, std::size_t size) {
    if (is_allowed_ && is_ending_ && (size > large_text || !owed_.empty())) {
      owed_.push_back(owed);
    } else {
      write(owed);
    }
  }

  void write(const Owed& owed) {
    switch (owed.what) {
      case Owed::What::text:
        return text_done(items()[owed.index], owed.index);
      case Owed::What::part:
        return whole_part(".done", items()[owed.index], owed.index);
      case Owed::What::item:
        return whole_item("output_item", ".done", items()[owed.index], owed.index);
      case Owed::What::end:
        return whole_response();
    }
  }

  // For a large text exactly: a string that grows as it does has up to three times the memory on the way.
  void make_room(std::size_t text) {
    if (text > large_text) out_.reserve(out_.size() + text + around_text);
  }

  void text_done(const AnswerItem& item, std::size_t index) {
    make_room(text_size(item));
    JsonWriter json = begin(text_name(item), ".done");
    place(json, item, index);
    whole_text(json, item);
    finish(json);
  }

  void whole_response() {
    std::size_t size = 0;
    for (const AnswerItem& item : *end_.items) size += text_size(item);
    make_room(size);
    JsonWriter json = begin(end_.status, {});
    json.key("response");
    write_response(json, end_);
    finish(json);
  }

  static bool is_text(const AnswerItem& item) {
    return item.kind == AnswerItem::Kind::message && !item.parts.back().is_refusal;
  }

  JsonWriter begin(std::string_view name, std::string_view what) {
    out_.append("event: response.").append(name).append(what).append("\ndata: ");
    JsonWriter json(out_);
    json.begin_object().key("type").json("\"response.");
    out_.append(name).append(what).push_back('"');
    json.key("sequence_number").number(sequence_++);
    return json;
  }

  void finish(JsonWriter& json) {
    json.end_object();
    out_.append("\n\n");
  }

  static void place(JsonWriter& json, const AnswerItem& item, std::size_t index) {
    json.key("item_id").string(item.id).key("output_index").number(index);
    if (item.kind == AnswerItem::Kind::message) json.key("content_index").number(item.parts.size() - 1);
    if (item.kind == AnswerItem::Kind::reasoning) json.key("summary_index").number(0);
  }

  void whole_item(std::string_view name, std::string_view what, const AnswerItem& item, std::size_t index) {
    make_room(text_size(item));
    JsonWriter json = begin(name, what);
    json.key("output_index").number(index).key("item");
    write_item(json, item);
    finish(json);
  }

  void whole_part(std::string_view what, const AnswerItem& item, std::size_t index) {
    const bool is_message = item.kind == AnswerItem::Kind::message;
    make_room(text_size(item));
    JsonWriter json = begin(is_message ? "content_part" : "reasoning_summary_part", what);
    place(json, item, index);
    json.key("part");
    if (is_message) {
      write_part(json, item.parts.back());
    } else {
      json.begin_object().key("type").string("summary_text").key("text").string(item.text).end_object();
    }
    finish(json);
  }

  static void whole_text(JsonWriter& json, const AnswerItem& item) {
    switch (item.kind) {
      case AnswerItem::Kind::message: {
        const AnswerPart& part = item.parts.back();
        json.key(part.is_refusal ? "refusal" : "text").string(part.text);
        if (part.is_refusal) return;
        json.key("logprobs").begin_array();
        if (!part.logprobs.empty()) json.json(part.logprobs);
        json.end_array();
        return;
      }
      case AnswerItem::Kind::reasoning:
        json.key("text").string(item.text);
        return;
      case AnswerItem::Kind::call:
        if (!item.is_custom) json.key("name").string(item.name);
        json.key(item.is_custom ? "input" : "arguments").string(item.text);
        return;
    }
  }

  std::string& out_;
  std::uint64_t sequence_ = 0;
  bool is_allowed_ = false;
  bool is_ending_ = false;
  std::deque<Owed> owed_;
  ResponseObject end_;
};

}  // namespace

std::unique_ptr<AnswerWriter> stream_writer(const AnswerHead& head, std::string& out) {
  return std::make_unique<Stream>(head, out);
}

std::unique_ptr<AnswerWriter> plain_writer(const AnswerHead& head, std::string& out) {
  return std::make_unique<Plain>(head, out);
}

}  // namespace gw::dialect::responses
