#include "dialect/responses/answer_write.hpp"

#include "dialect/responses/item_writer.hpp"

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

class Stream final : public ItemWriter {
 public:
  Stream(const AnswerHead& head, std::string& out) : ItemWriter(head), out_(out) {}

 protected:
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
    whole_item("output_item", ".done", item, index);
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
    JsonWriter json = begin(text_name(item), ".done");
    place(json, item, index);
    whole_text(json, item);
    finish(json);
    if (item.kind != AnswerItem::Kind::call) whole_part(".done", item, index);
  }

  void ended(const ResponseObject& response) override {
    JsonWriter json = begin(response.status, {});
    json.key("response");
    write_response(json, response);
    finish(json);
  }

 private:
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
    JsonWriter json = begin(name, what);
    json.key("output_index").number(index).key("item");
    write_item(json, item);
    finish(json);
  }

  void whole_part(std::string_view what, const AnswerItem& item, std::size_t index) {
    const bool is_message = item.kind == AnswerItem::Kind::message;
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
};

}  // namespace

std::unique_ptr<AnswerWriter> stream_writer(const AnswerHead& head, std::string& out) {
  return std::make_unique<Stream>(head, out);
}

std::unique_ptr<AnswerWriter> plain_writer(const AnswerHead& head, std::string& out) {
  return std::make_unique<Plain>(head, out);
}

}  // namespace gw::dialect::responses
