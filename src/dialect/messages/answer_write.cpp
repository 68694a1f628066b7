#include "dialect/messages/answer_write.hpp"

#include "dialect/messages/block_writer.hpp"
#include "dialect/messages/call_input.hpp"

namespace gw::dialect::messages {
namespace {

class Plain final : public BlockWriter {
 public:
  Plain(const AnswerHead& head, std::string& out) : BlockWriter(head, Waits::everything), out_(out) {
    content_.begin_array();
  }

 protected:
  void closed(const AnswerBlock& block) override {
    content_.begin_object().key("type");
    switch (block.kind) {
      case Kind::text:
        content_.string("text").key("text").string(block.text);
        break;
      case Kind::thinking:
        content_.string("thinking").key("thinking").string(block.text).key("signature").string(block.signature);
        break;
      case Kind::redacted:
        content_.string("redacted_thinking").key("data").string(block.text);
        break;
      case Kind::call: {
        Arguments arguments;
        arguments.text = block.text;
        content_.string("tool_use").key("id").string(block.id).key("name").string(block.name);
        content_.key("input").json(input_of(arguments));
        break;
      }
    }
    content_.end_object();
  }

  void ended() override {
    content_.end_array();
    JsonWriter json(out_);
    json.begin_object();
    write_head(json);
    json.key("content").json(content_text_);
    write_stop(json);
    write_usage(json);
    json.end_object();
  }

 private:
  std::string& out_;
  std::string content_text_;
  JsonWriter content_{content_text_};
};

class Stream final : public BlockWriter {
 public:
  Stream(const AnswerHead& head, std::string& out) : BlockWriter(head, Waits::what_overlaps), out_(out) {}

 protected:
  void begun() override {
    JsonWriter json = event("message_start");
    json.key("message").begin_object();
    write_head(json);
    json.key("content").begin_array().end_array().key("stop_reason").null().key("stop_sequence").null();
    write_usage(json);
    json.end_object();
    finish(json);
  }

  void opened(const AnswerBlock& block) override {
    JsonWriter json = event("content_block_start");
    json.key("index").number(index_).key("content_block").begin_object().key("type");
    switch (block.kind) {
      case Kind::text:
        json.string("text").key("text").string("");
        break;
      case Kind::thinking:
        json.string("thinking").key("thinking").string("").key("signature").string("");
        break;
      case Kind::redacted:
        json.string("redacted_thinking").key("data").string(block.text);
        break;
      case Kind::call:
        json.string("tool_use").key("id").string(block.id).key("name").string(block.name);
        json.key("input").begin_object().end_object();
        break;
    }
    json.end_object();
    finish(json);
  }

  void grew(const AnswerBlock& block, Raw text) override {
    switch (block.kind) {
      case Kind::text:
        return delta("text_delta", "text", text);
      case Kind::thinking:
        return delta("thinking_delta", "thinking", text);
      case Kind::call:
        return delta("input_json_delta", "partial_json", text);
      case Kind::redacted:
        return;
    }
  }

  void got_signature(const AnswerBlock& /*block*/, Raw signature) override {
    delta("signature_delta", "signature", signature);
  }

  void closed(const AnswerBlock& /*block*/) override {
    JsonWriter json = event("content_block_stop");
    json.key("index").number(index_++);
    finish(json);
  }

  void ended() override {
    JsonWriter json = event("message_delta");
    json.key("delta").begin_object();
    write_stop(json);
    json.end_object();
    write_usage(json);
    finish(json);
    JsonWriter last = event("message_stop");
    finish(last);
  }

 private:
  JsonWriter event(std::string_view type) {
    out_.append("event: ").append(type).append("\ndata: ");
    JsonWriter json(out_);
    json.begin_object().key("type").string(type);
    return json;
  }

  void finish(JsonWriter& json) {
    json.end_object();
    out_.append("\n\n");
  }

  void delta(std::string_view type, std::string_view member, Raw text) {
    JsonWriter json = event("content_block_delta");
    json.key("index").number(index_).key("delta").begin_object();
    json.key("type").string(type).key(member).string(text).end_object();
    finish(json);
  }

  std::string& out_;
  std::uint64_t index_ = 0;
};

}  // namespace

std::unique_ptr<AnswerWriter> stream_writer(const AnswerHead& head, std::string& out) {
  return std::make_unique<Stream>(head, out);
}

std::unique_ptr<AnswerWriter> plain_writer(const AnswerHead& head, std::string& out) {
  return std::make_unique<Plain>(head, out);
}

}  // namespace gw::dialect::messages
