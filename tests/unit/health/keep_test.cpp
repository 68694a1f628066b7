#include "health/keep.hpp"

#include "base/file.hpp"
#include "health/cell.hpp"
#include "support.hpp"

#include <cstdlib>
#include <filesystem>

namespace gw::health {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

const WallTime w0{Seconds{1'772'000'000}};
const Clocks at_t0{t0, w0};

Clocks later(Duration by) {
  return {t0 + by, w0 + std::chrono::duration_cast<WallTime::duration>(by)};
}

class Keep : public ::testing::Test {
 protected:
  Keep() {
    std::string pattern = (fs::temp_directory_path() / "keep_test.XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }

  ~Keep() override { fs::remove_all(dir_); }

  void write(const char* name, std::string_view text) const { ASSERT_TRUE(write_atomically(dir_ / name, text)); }

  std::string saved() const { return read_file(dir_ / "health.json", max_saved_bytes).value(); }

  fs::path dir_;
};

Target& target_of(Book& book, std::vector<std::string> keys = {"sk-one", "sk-two"}) {
  return book.target(entry_of("m"), provider_with(std::move(keys)));
}

TEST_F(Keep, what_was_learnt_survives_a_restart) {
  const Clocks saved_at = later(10s);
  Reading before;
  {
    Book book;
    Target& target = target_of(book);
    ticket_of(target, t0).succeeded(policy, {200ms, 1200ms, 50}, t0);
    ticket_of(target, t0, {.without = 1}).failed(policy, error_of(Errc::upstream_auth), t0);
    for (int i = 0; i < 5; ++i) ticket_of(target, t0).failed(policy, error_of(Errc::upstream_server), t0);
    before = target.read(policy, saved_at.steady, Detail::all);
    ASSERT_TRUE(Keeper(book, dir_).save(saved_at));
  }
  // A process later, on a machine that started anew: its monotonic clock is another.
  const Clocks restarted{TimePoint{} + 5s, saved_at.wall + 20s};
  Book book;
  const Keeper::Loaded loaded = Keeper(book, dir_).load(policy, restarted);
  EXPECT_FALSE(loaded.problem) << loaded.problem->message;
  EXPECT_FALSE(loaded.from_original);
  EXPECT_EQ(loaded.restored, 4U);
  Target& target = target_of(book);
  const Reading after = target.read(policy, restarted.steady - 20s, Detail::all);
  EXPECT_NEAR(after.score, before.score, 0.1);
  EXPECT_EQ(after.ttft_ms, before.ttft_ms);
  EXPECT_EQ(after.tokens_per_second, before.tokens_per_second);
  EXPECT_EQ(after.total_ms, before.total_ms);
  EXPECT_FALSE(target.read(policy, restarted.steady, Detail::rest).rests) << "it is over";
  Ticket probe = ticket_of(target, restarted.steady, {.chance = 0.99});
  EXPECT_TRUE(probe.is_probe()) << "and not yet closed by an answer";
  EXPECT_EQ(probe.key(), 0U) << "the other key still rests, by its fingerprint";
  for (const Row& row : book.rows(policy, restarted.steady, restarted.wall)) {
    if (row.kind != Row::Kind::entry) continue;
    EXPECT_EQ(row.successes, 1U);
    EXPECT_EQ(row.failures, 6U);
    EXPECT_NEAR(row.last_updated, 1'772'000'000, 0.2);
  }
}

TEST_F(Keep, no_key_is_told) {
  Book book;
  static_cast<void>(target_of(book));
  ASSERT_TRUE(Keeper(book, dir_).save(at_t0));
  EXPECT_EQ(saved().find("sk-"), std::string::npos);
  EXPECT_NE(saved().find("\"fingerprint\""), std::string::npos);
  EXPECT_EQ(fs::status(dir_ / "health.json").permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Keep, an_originals_statistics_are_read_once) {
  write("model_stats.json", R"({
    "m": {"failures": 3, "success": 40, "failure_score": 8.0, "cooldown_until": 1772000030.5,
          "last_updated": 1772000000.0, "avg_response_time": 1500.0, "response_time_samples": [1, 2], "health_score": 38},
    "p/m": {"failures": 2.5, "success": 7},
    "broken": 7})");
  Book book;
  const Keeper::Loaded loaded = Keeper(book, dir_).load(policy, at_t0);
  EXPECT_TRUE(loaded.from_original);
  EXPECT_EQ(loaded.restored, 2U);
  EXPECT_EQ(loaded.left_out, 1U);
  ASSERT_TRUE(loaded.problem);
  EXPECT_NE(loaded.problem->message.find("model_stats.json"), std::string::npos);

  Target& upstream = book.target(entry_of("m", "upstream"), provider_with({"k"}, "upstream"));
  const Reading reading = upstream.read(policy, t0, Detail::all);
  EXPECT_NEAR(reading.score, shown(8), 0.1);
  EXPECT_EQ(reading.until, t0 + 30500ms);
  EXPECT_EQ(reading.total_ms, 1500);
  Target& other = target_of(book);
  EXPECT_NEAR(other.read(policy, t0, Detail::all).score, shown(2.5), 0.1) << "before February 2026 it was the score";

  ASSERT_TRUE(Keeper(book, dir_).save(at_t0));
  Book next;
  EXPECT_FALSE(Keeper(next, dir_).load(policy, at_t0).from_original);
}

TEST_F(Keep, what_is_in_no_configuration_now_is_kept_for_a_week) {
  {
    Book book;
    Target& target = target_of(book);
    for (int i = 0; i < 5; ++i) ticket_of(target, t0).failed(policy, error_of(Errc::upstream_server), t0);
    ASSERT_TRUE(Keeper(book, dir_).save(at_t0));
  }
  {
    Book book;
    Keeper keeper(book, dir_);
    EXPECT_EQ(keeper.load(policy, later(24h)).restored, 4U);
    ASSERT_TRUE(keeper.save(later(24h))) << "nobody asked for them";
  }
  {
    Book book;
    Keeper keeper(book, dir_);
    EXPECT_EQ(keeper.load(policy, later(6 * 24h)).restored, 4U);
    book.begin_configuration();
    static_cast<void>(target_of(book));
    book.end_configuration();
    book.begin_configuration();
    static_cast<void>(book.target(entry_of("other", "q"), provider_with({"k"}, "q")));
    book.end_configuration();
    ASSERT_TRUE(keeper.save(later(6 * 24h))) << "seen today";
    ASSERT_TRUE(keeper.save(later(12 * 24h)));
  }
  Book book;
  const Keeper::Loaded loaded = Keeper(book, dir_).load(policy, later(14 * 24h));
  EXPECT_EQ(loaded.restored, 3U) << "the other's";
  EXPECT_EQ(loaded.left_out, 4U);
  EXPECT_FALSE(loaded.problem) << "too old is no problem";
}

TEST_F(Keep, the_number_of_the_forgotten_is_bounded) {
  std::vector<Kept> kept;
  for (int i = 0; i < 3000; ++i) {
    Kept one{{Row::Kind::entry, "m" + std::to_string(i), "p"}, {}};
    one.state.seen = i;
    kept.push_back(std::move(one));
  }
  drop_forgotten(kept, 3000);
  ASSERT_EQ(kept.size(), max_kept);
  EXPECT_EQ(kept.front().name.id, "m2999");
  EXPECT_EQ(kept.back().name.id, "m1000");
}

TEST_F(Keep, a_clock_set_back_bans_nobody) {
  {
    Book book;
    Target& target = target_of(book, {"sk-one"});
    ticket_of(target, t0).failed(policy, error_of(Errc::rate_limited, 5min), t0);
    ASSERT_TRUE(Keeper(book, dir_).save(at_t0));
  }
  const Clocks set_back{t0, w0 - std::chrono::hours{24 * 365}};
  Book book;
  ASSERT_EQ(Keeper(book, dir_).load(policy, set_back).restored, 3U);
  const Reading reading = target_of(book, {"sk-one"}).read(policy, t0, Detail::all);
  EXPECT_EQ(reading.until, t0 + policy.retry_after_max);
  EXPECT_NEAR(reading.score, 50, 0.1) << "no older than now";
}

TEST_F(Keep, bad_files_are_named_and_the_usable_part_counts) {
  struct Case {
    const char* text;
    std::size_t restored;
  };

  const Case cases[] = {
      {"", 0},
      {"{", 0},
      {"[]", 0},
      {"{}", 0},
      {R"({"version":2,"entries":[]})", 0},
      {R"({"version":1,"entries":7})", 0},
      {R"({"version":1,"entries":[7,{"id":"m"},{"id":"","provider":"p"},{"id":"m","provider":7}]})", 1},
      {R"({"version":1,"keys":[{"id":"p"}],"entries":[{"id":"m","provider":"p","failure_score":1e300,"streak":-7}]})",
       1},
  };
  for (const Case& c : cases) {
    write("health.json", c.text);
    Book book;
    Keeper keeper(book, dir_);
    const Keeper::Loaded loaded = keeper.load(policy, at_t0);
    EXPECT_EQ(loaded.restored, c.restored) << c.text;
    ASSERT_TRUE(loaded.problem) << c.text;
    EXPECT_EQ(loaded.problem->code, Errc::invalid_config) << c.text;
    EXPECT_NE(loaded.problem->message.find("health.json"), std::string::npos) << c.text;
    EXPECT_GE(target_of(book).read(policy, t0, Detail::all).score, shown(policy.max_score)) << c.text;
    EXPECT_TRUE(keeper.save(at_t0)) << "the next save is good again";
    EXPECT_FALSE(Keeper(book, dir_).load(policy, at_t0).problem);
  }
}

TEST_F(Keep, no_file_is_no_problem_and_no_folder_is_one_of_saving) {
  Book book;
  const Keeper::Loaded loaded = Keeper(book, dir_).load(policy, at_t0);
  EXPECT_FALSE(loaded.problem);
  EXPECT_EQ(loaded.restored, 0U);
  fs::create_directory(dir_ / "health.json");
  EXPECT_EQ(Keeper(book, dir_).load(policy, at_t0).problem->code, Errc::io);
  EXPECT_EQ(Keeper(book, dir_ / "nowhere").save(at_t0).error().code, Errc::io);
}

TEST(Saved, what_is_written_is_what_is_read) {
  std::vector<Kept> kept;
  const std::int64_t now_ms = at_t0.steady_ms();
  for (const Row::Kind kind : {Row::Kind::entry, Row::Kind::endpoint, Row::Kind::key}) {
    Kept one{{kind, "p/\"模型\"", "mark"}, {}};
    one.state = {
        .successes = 5,
        .failures = 6,
        .score = 3.25,
        .streak = 2,
        .updated = now_ms - 1234,
        .rested = true,
        .open = true,
        .step = 3,
        .until = now_ms - 1,
        .ttft_ms = 12.5,
        .tokens_per_second = 33.25,
        .total_ms = 800,
        .measured = now_ms - 7777,
        .seen = now_ms - 5};
    kept.push_back(one);
  }
  const Parsed parsed = parse_saved(write_saved(kept, at_t0), policy, at_t0);
  EXPECT_FALSE(parsed.problem);
  EXPECT_EQ(parsed.kept, kept);
}

}  // namespace
}  // namespace gw::health
