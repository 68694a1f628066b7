#include "scene.hpp"

#include <string>
#include <vector>

namespace gw::routing {
namespace {

class Vectors {
 public:
  Vectors() : scene_({{Tier::t1, "p", "chat", true}}) {}

  void add(const std::string& provider, const std::string& model, const std::string& name, double price = 0) {
    config::EmbeddingEntry& one = scene_.config.models.embeddings.emplace_back();
    one.entry.provider = provider;
    one.entry.model = model;
    one.entry.price = config::Price{price, 0};
    one.name = name;
    scene_.catalog.reset();
  }

  Result<Plan> plan(const std::string& model) {
    chat::ChatRequest request;
    request.model = model;
    return embeddings_plan(request, scene_.input());
  }

  [[nodiscard]] Scene& scene() { return scene_; }

 private:
  Scene scene_;
};

TEST(EmbeddingsPlan, holds_those_of_the_name_in_their_order) {
  Vectors vectors;
  vectors.add("p", "one", "text");
  vectors.add("upstream", "two", "text");
  vectors.add("p", "three", "three");
  const auto plan = vectors.plan("text");
  EXPECT_EQ(display_names(plan), (Names{"p/one", "upstream/two"}));
  EXPECT_TRUE(plan->is_pinned) << "no other model, ever";
  EXPECT_FALSE(plan->has_tier);
  EXPECT_EQ(display_names(vectors.plan("three")), (Names{"p/three"}));
  EXPECT_EQ(display_names(vectors.plan("upstream/two")), (Names{"upstream/two"}));
  vectors.scene().config.retries.escalate = config::Escalate::any;
  EXPECT_FALSE(escalated(*plan, vectors.scene().asked->request(), vectors.scene().input()));
}

TEST(EmbeddingsPlan, has_a_strategy_of_its_own) {
  Vectors vectors;
  vectors.add("p", "dear", "text", 2);
  vectors.add("p", "cheap", "text", 1);
  vectors.scene().config.models.embeddings_strategy = Strategy::cheapest;
  EXPECT_EQ(display_names(vectors.plan("text")), (Names{"p/cheap", "p/dear"}));
}

TEST(EmbeddingsPlan, says_what_there_is) {
  Vectors vectors;
  const auto none = vectors.plan("chat");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::not_found);
  EXPECT_NE(none.error().message.find("models.embeddings"), std::string::npos) << none.error().message;
  vectors.add("p", "one", "text");
  vectors.add("upstream", "one", "text");
  for (const char* const name : {"chat", "one", "t1", "auto"}) {
    const auto plan = vectors.plan(name);
    ASSERT_FALSE(plan) << name;
    EXPECT_EQ(plan.error().code, Errc::not_found);
    EXPECT_EQ(plan.error().param, "model");
    EXPECT_NE(plan.error().message.find("known are: text."), std::string::npos) << plan.error().message;
  }
}

TEST(EmbeddingsPlan, names_are_listed_once_and_are_no_chat_models) {
  Vectors vectors;
  vectors.add("p", "one", "text");
  vectors.add("upstream", "one", "text");
  std::vector<std::string> ids;
  for (const ListedModel& model : listed_models(vectors.scene().config)) ids.push_back(model.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"p/chat", "text"}));
  EXPECT_TRUE(vectors.scene().input().catalog->named("text").empty());
}

}  // namespace
}  // namespace gw::routing
