#include "relay/passthrough_plan.hpp"

#include "relay/form.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gw::relay {
namespace {

using config::Passthrough;

// --- Paths -----------------------------------------------------------------------------------------------------------

TEST(PassthroughPath, of_a_group_says_what_stands_below_the_root) {
  const struct {
    std::string path;
    Passthrough group;
    std::string below;
  } cases[] = {
      {"/v1/images/generations", Passthrough::images, "/images/generations"},
      {"/v1/audio/speech", Passthrough::audio, "/audio/speech"},
      {"/v1/audio/voices/a-1/x.json", Passthrough::audio, "/audio/voices/a-1/x.json"},
      {"/v1/moderations", Passthrough::moderations, "/moderations"},
      {"/v1/rerank", Passthrough::rerank, "/rerank"},
  };

  for (const auto& one : cases) {
    const auto found = passthrough_of_path(one.path);
    ASSERT_TRUE(found) << one.path;
    EXPECT_EQ(found->group, one.group) << one.path;
    EXPECT_EQ(found->below, one.below) << one.path;
  }
}

TEST(PassthroughPath, is_none_that_could_lead_elsewhere) {
  for (const char* path :
       {"/v1/images",
        "/v1/images/",
        "/v1/imagesx/generations",
        "/v1/images/../chat/completions",
        "/v1/images/./generations",
        "/v1/images//generations",
        "/v1/images/%2e%2e/chat",
        "/v1/images/a/",
        "/v1/images/a;b",
        "/v1/images/a\\b",
        "/v1/rerank/x",
        "/v1/moderations/",
        "/v1x/images/generations",
        "/v1/chat/completions",
        "/v1",
        "/images/generations",
        "*"}) {
    EXPECT_FALSE(passthrough_of_path(path)) << path;
  }
}

// --- The model in a body ---------------------------------------------------------------------------------------------

std::string model_of(std::string_view content_type, std::string_view body) {
  const auto named = named_model(content_type, body);
  if (!named) return "! " + named.error().message;
  if (!*named) return "-";
  return (*named)->name + "|" + std::string(body.substr((*named)->value.offset, (*named)->value.length));
}

TEST(PassthroughModel, is_the_top_level_member_of_a_json_object) {
  const struct {
    std::string body;
    std::string wanted;
  } cases[] = {
      {R"({"model":"dall-e-3","prompt":"x"})", "dall-e-3|dall-e-3"},
      {R"( { "prompt" : "x" , "model" : "a/b" } )", "a/b|a/b"},
      {R"({"model":"a\/b"})", R"(a/b|a\/b)"},
      {R"({"\u006dodel":"a"})", "a|a"},
      {R"({"x":{"model":"no"},"y":[{"model":"no"}],"model":"yes"})", "yes|yes"},
      {R"({"prompt":"\"model\":\"no\"","model":"yes"})", "yes|yes"},
      {R"({"prompt":"end\\","model":"yes"})", "yes|yes"},
      {R"({"prompt":"model","x":"no"})", "-"},
      {R"({"model":7})", "-"},
      {R"({"model":null,"x":"model"})", "-"},
      {R"({"model":{"model":"no"}})", "-"},
      {R"({"model":["no"],"x":1})", "-"},
      {R"(["model","no"])", "-"},
      {R"("model")", "-"},
      {"", "-"},
      {"{", "-"},
      {R"({"model")", "-"},
      {R"({"model":"cut)", "-"},
      {R"({"model":"cut\")", "-"},
      {R"({"prompt":"a cut te)", "-"},
      {R"({}{"model":"behind"})", "-"},
      {R"({"model":"a","model":"b"})", "! the request has a model twice"},
      {R"({"model":"a","\u006dodel":"a"})", "! the request has a model twice"},
  };

  for (const auto& one : cases)
    EXPECT_EQ(model_of("application/json; charset=utf-8", one.body), one.wanted) << one.body;
  EXPECT_EQ(model_of("", R"({"model":"a"})"), "a|a");
  EXPECT_EQ(model_of("text/plain", R"({"model":"a"})"), "-");
}

std::string part(const std::string& boundary, const std::string& disposition, const std::string& content) {
  return "--" + boundary + "\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
}

TEST(PassthroughModel, is_a_part_of_a_form) {
  const std::string model = part("b", R"(name="model")", "whisper-1");
  const std::string file =
      "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"model\"\r\nContent-Type: "
      "audio/mpeg\r\n\r\n\x01\r\n--bb\r\n--\r\n\r\n" +
      std::string(3, '\0') + "\r\n";

  const struct {
    std::string body;
    std::string wanted;
  } cases[] = {
      {model + "--b--\r\n", "whisper-1|whisper-1"},
      {file + model + "--b--\r\n", "whisper-1|whisper-1"},
      {model + file + "--b--\r\n", "whisper-1|whisper-1"},
      {"a preamble\r\n" + model + "--b--\r\n", "whisper-1|whisper-1"},
      {part("b", "name=model", "x") + "--b--", "x|x"},
      {"--b\r\ncontent-disposition:form-data;NAME=\"model\"\r\nX: y\r\n\r\nx\r\n--b--", "x|x"},
      {part("b", R"(name="model")", "") + "--b--", "|"},
      {part("b", R"(name="model"; filename="x")", "no") + "--b--", "-"},
      {part("b", R"(name="x;name=model")", "no") + "--b--", "-"},
      {"--b\r\n\r\nno head\r\n" + model + "--b--", "whisper-1|whisper-1"},
      {"--b--\r\n" + model, "-"},
      {"--bb\r\n" + model + "--b--", "whisper-1|whisper-1"},  // a line of the preamble
      {model.substr(0, model.size() - 3), "-"},               // cut within the value
      {model, "-"},                                           // its end is not known yet
      {file, "-"},
      {"", "-"},
      {"--b", "-"},
      {"--b\r\n", "-"},
      {model + model + "--b--", "! the form has the field model twice"},
  };

  for (const auto& one : cases) {
    EXPECT_EQ(model_of("multipart/form-data; boundary=b", one.body), one.wanted) << one.body;
    EXPECT_EQ(model_of(R"(Multipart/Form-Data; x=1; Boundary="b")", one.body), one.wanted) << one.body;
  }
  EXPECT_EQ(model_of("multipart/form-data", cases[0].body), "-");
  EXPECT_EQ(model_of("multipart/form-data; boundary=" + std::string(300, 'b'), cases[0].body), "-");
}

TEST(PassthroughModel, of_a_body_cut_anywhere_is_whole_or_not_there) {
  const std::string form =
      part("b", R"(name="file"; filename="f")", "audio") + part("b", R"(name="model")", "m") + "--b--";
  const std::string json = R"({"input":["a\"b",{"c":"d"}],"model":"m","x":1})";
  for (std::size_t size = 0; size <= form.size(); ++size) {
    const std::string found = model_of("multipart/form-data; boundary=b", form.substr(0, size));
    EXPECT_TRUE(found == "-" || found == "m|m") << size << found;
  }
  for (std::size_t size = 0; size <= json.size(); ++size) {
    const std::string found = model_of("application/json", json.substr(0, size));
    EXPECT_TRUE(found == "-" || found == "m|m") << size << found;
  }
}

// --- Whose it is -----------------------------------------------------------------------------------------------------

// "upstream" passes nothing, "zeta" and "alpha" pass images, in that order; "alpha" passes rerank too.
struct World {
  World() {
    add("upstream", {});
    add("zeta", {Passthrough::images});
    add("alpha", {Passthrough::images, Passthrough::rerank});
    config.providers.model_map["mapped"] = "alpha";
    config.providers.model_map["mapped-up"] = "upstream";
    catalog = routing::Catalog::make(config, book);
  }

  void add(const std::string& id, std::vector<Passthrough> groups) {
    auto provider = std::make_shared<config::Provider>();
    provider->id = id;
    provider->base_url = "https://" + id + ".example/v1";
    provider->passthrough = std::move(groups);
    config.providers.by_id[id] = std::move(provider);
    config.providers.in_order.push_back(id);
  }

  [[nodiscard]] std::string plan(
      Passthrough group,
      std::string_view body,
      std::string_view provider = {},
      std::string_view type = "application/json"
  ) const {
    const auto plan = plan_passthrough({config, *catalog, group, type, provider, body});
    if (!plan) return std::string(to_string(plan.error().code)) + " " + plan.error().param + " " + plan.error().message;
    std::string out = plan->is_pinned ? "pinned" : "any";
    for (const routing::Candidate* candidate : plan->candidates) out.append(" ").append(candidate->provider->id);
    std::string sent(body);
    sent.erase(plan->cut.offset, plan->cut.length);
    return out + " | " + plan->model + " | " + sent;
  }

  config::Config config;
  health::Book book;
  std::shared_ptr<const routing::Catalog> catalog;
};

TEST(PassthroughPlan, goes_by_prefix_then_map_then_the_configured_order) {
  const World world;

  const struct {
    std::string body;
    std::string provider;
    std::string wanted;
  } cases[] = {
      {R"({"model":"m"})", "", R"(any zeta alpha | m | {"model":"m"})"},
      {R"({"prompt":"x"})", "", R"(any zeta alpha |  | {"prompt":"x"})"},
      {R"({"model":"alpha/m"})", "", R"(pinned alpha | m | {"model":"m"})"},
      {R"({"model":"alpha\/m\/n"})", "", R"(pinned alpha | m/n | {"model":"m\/n"})"},
      {R"({"model":"\u0061lph\u0061/m"})", "", R"(pinned alpha | m | {"model":"m"})"},
      {R"({ "model" : "alpha/alpha/m" ,"x":[1.50] })",
       "",
       R"(pinned alpha | alpha/m | { "model" : "alpha/m" ,"x":[1.50] })"},
      {R"({"model":"nobody/m"})", "", R"(any zeta alpha | nobody/m | {"model":"nobody/m"})"},
      {R"({"model":"/m"})", "", R"(any zeta alpha | /m | {"model":"/m"})"},
      {R"({"model":"mapped"})", "", R"(pinned alpha | mapped | {"model":"mapped"})"},
      {R"({"model":"m"})", "alpha", R"(pinned alpha | m | {"model":"m"})"},
      {R"({"model":"alpha/m"})", "alpha", R"(pinned alpha | m | {"model":"m"})"},
      {R"({"model":"zeta/m"})", "alpha", R"(pinned alpha | zeta/m | {"model":"zeta/m"})"},
      {R"({"model":"mapped"})", "zeta", R"(pinned zeta | mapped | {"model":"mapped"})"},
  };

  for (const auto& one : cases)
    EXPECT_EQ(world.plan(Passthrough::images, one.body, one.provider), one.wanted) << one.body;
}

TEST(PassthroughPlan, takes_the_prefix_off_a_form) {
  const World world;
  const std::string before = part("b", R"(name="file"; filename="a.png")", "alpha/alpha/");
  const std::string form = before + part("b", R"(name="model")", "alpha/m") + "--b--\r\n";
  const std::string sent = before + part("b", R"(name="model")", "m") + "--b--\r\n";
  EXPECT_EQ(world.plan(Passthrough::images, form, {}, "multipart/form-data; boundary=b"), "pinned alpha | m | " + sent);
}

TEST(PassthroughPlan, says_which_setting_is_missing) {
  const World world;
  EXPECT_EQ(
      world.plan(Passthrough::audio, "{}"),
      "not_found  No provider answers /v1/audio here; add \"audio\" to providers.<id>.passthrough of one that does."
  );
  EXPECT_EQ(
      world.plan(Passthrough::rerank, R"({"model":"zeta/m"})"),
      "not_found model The provider zeta does not answer /v1/rerank here; add \"rerank\" to "
      "providers.custom.zeta.passthrough."
  );
  EXPECT_EQ(
      world.plan(Passthrough::rerank, R"({"model":"mapped-up"})"),
      "not_found model The provider upstream does not answer /v1/rerank here; add \"rerank\" to "
      "providers.upstream.passthrough."
  );
  EXPECT_EQ(
      world.plan(Passthrough::images, "{}", "nobody"),
      "invalid_request x-smartroute-provider x-smartroute-provider names \"nobody\", which is no configured provider."
  );
  EXPECT_EQ(
      world.plan(Passthrough::images, R"({"model":"alpha/"})"),
      "invalid_request model there is no model behind \"alpha/\""
  );
}

TEST(PassthroughPlan, keeps_what_is_learnt_by_provider_and_group_alone) {
  const World world;
  const auto images = world.catalog->passing(Passthrough::images);
  ASSERT_EQ(images.size(), 2U);
  EXPECT_EQ(images[0].entry_id, "zeta/v1/images");
  EXPECT_EQ(images[1].entry_id, "alpha/v1/images");
  EXPECT_NE(images[1].health, world.catalog->passing(Passthrough::rerank)[0].health);
  EXPECT_TRUE(world.catalog->named("v1/images").empty()) << "no chat request can name it";
}

}  // namespace
}  // namespace gw::relay
