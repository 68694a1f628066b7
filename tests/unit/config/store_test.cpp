#include "config/store.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <condition_variable>
#include <fstream>
#include <mutex>
#include <sstream>

namespace gw::config {
namespace {

namespace fs = std::filesystem;

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    std::string name = (fs::temp_directory_path() / "smartroute-store-XXXXXX").string();
    dir_ = ::mkdtemp(name.data());
  }

  ~StoreTest() override { fs::remove_all(dir_); }

  static void write(const fs::path& file, std::string_view text) { std::ofstream(file, std::ios::binary) << text; }

  static std::string text_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

  [[nodiscard]] Opened opened() const {
    auto result = open(dir_, SecretSource::system());
    if (auto* problems = std::get_if<std::vector<Problem>>(&result)) {
      ADD_FAILURE() << problems->front().path << problems->front().message;
      return {};
    }
    return std::get<Opened>(std::move(result));
  }

  fs::path dir_;
};

TEST_F(StoreTest, a_new_folder_gets_the_default_privately) {
  dir_ /= "new";
  const Opened first = opened();
  EXPECT_TRUE(first.created);

  struct stat info {};

  ASSERT_EQ(::stat((dir_ / "config.json").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_EQ(text_of(dir_ / "config.json"), default_config_json());
  EXPECT_FALSE(opened().created) << "and is left alone afterwards";
}

TEST_F(StoreTest, an_original_is_copied_before_it_is_rewritten) {
  const std::string original = R"({"models":{"t1":["m"]},"odd":1})";
  write(dir_ / "config.json", original);
  write(dir_ / "config.backup.json", "an older backup");
  const Opened result = opened();
  ASSERT_TRUE(result.backup);
  EXPECT_EQ(text_of(*result.backup), original);
  EXPECT_EQ(text_of(dir_ / "config.backup.json"), "an older backup") << "a backup is never overwritten";
  EXPECT_NE(text_of(dir_ / "config.json").find("schema_version"), std::string::npos);
  EXPECT_FALSE(opened().backup) << "once";
}

TEST_F(StoreTest, a_bad_file_is_reported_and_never_touched) {
  for (const std::string bad : {"{", R"({"schema_version":1,"models":{"t1":[{"model":"m","provider":"x"}]}})", ""}) {
    write(dir_ / "config.json", bad);
    EXPECT_TRUE(std::holds_alternative<std::vector<Problem>>(open(dir_, SecretSource::system())));
    EXPECT_EQ(text_of(dir_ / "config.json"), bad);
  }
}

TEST_F(StoreTest, a_data_folder_is_judged_without_making_it) {
  EXPECT_FALSE(data_dir_problem(dir_));
  EXPECT_FALSE(data_dir_problem(dir_ / "a" / "b"));
  EXPECT_FALSE(fs::exists(dir_ / "a"));
  write(dir_ / "file", "x");
  for (const fs::path& bad : {dir_ / "file", dir_ / "file" / "below"}) {
    const auto problem = data_dir_problem(bad);
    ASSERT_TRUE(problem) << bad;
    EXPECT_NE(problem->message.find("--data"), std::string::npos) << problem->message;
    EXPECT_TRUE(std::holds_alternative<std::vector<Problem>>(open(bad, SecretSource::system()))) << "nor does a start";
  }
}

TEST_F(StoreTest, a_file_that_a_start_would_refuse_is_neither_rewritten_nor_copied) {
  const std::string original = R"({"models":{"t1":["m"]}})";
  write(dir_ / "config.json", original);
  const FileCheck files = [](const Config&, std::vector<Problem>& problems) { problems.push_back({"x", "is bad"}); };
  EXPECT_TRUE(std::holds_alternative<std::vector<Problem>>(open(dir_, SecretSource::system(), files)));
  EXPECT_TRUE(std::holds_alternative<std::vector<Problem>>(check(dir_ / "config.json", SecretSource::system(), files)));
  EXPECT_EQ(text_of(dir_ / "config.json"), original);
  EXPECT_FALSE(fs::exists(dir_ / "config.backup.json"));
}

TEST_F(StoreTest, a_folder_in_place_of_the_file_is_a_problem) {
  fs::create_directory(dir_ / "config.json");
  const auto result = open(dir_, SecretSource::system());
  ASSERT_TRUE(std::holds_alternative<std::vector<Problem>>(result));
  EXPECT_NE(std::get<std::vector<Problem>>(result)[0].message.find("cannot be read"), std::string::npos);
}

TEST_F(StoreTest, a_folder_in_place_of_a_key_never_opens_the_gateway) {
  write(
      dir_ / "config.json",
      R"({"schema_version":1,"models":{"t1":["m"]},"general":{"gateway_api_key":"file:)" + dir_.string() + "\"}}"
  );
  const auto result = open(dir_, SecretSource::system());
  ASSERT_TRUE(std::holds_alternative<std::vector<Problem>>(result));
  EXPECT_EQ(std::get<std::vector<Problem>>(result)[0].path, "general.gateway_api_key");
}

// Counts the watcher's calls; waiting is on the condition, with a bound that only a failure reaches.
class Changes {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }

  bool reaches(int wanted) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return count_ >= wanted; });
  }

  int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

TEST_F(StoreTest, the_watcher_sees_every_way_in_which_a_file_is_edited) {
  const fs::path file = dir_ / "config.json";
  write(file, "0");
  Changes changes;
  const Watcher watcher(file, Millis{10}, [&] { changes.add(); });
  write(file, "1");
  EXPECT_TRUE(changes.reaches(1)) << "written in place";
  write(dir_ / "other", "x");
  fs::rename(dir_ / "other", file);
  EXPECT_TRUE(changes.reaches(2)) << "renamed over";
  fs::remove(file);
  EXPECT_TRUE(changes.reaches(3)) << "removed";
  write(dir_ / "target", "x");
  fs::create_symlink("target", file);
  EXPECT_TRUE(changes.reaches(4)) << "a link put in its place";
}

TEST_F(StoreTest, a_burst_of_edits_is_one_change) {
  const fs::path file = dir_ / "config.json";
  Changes changes;
  const Watcher watcher(file, Millis{100}, [&] { changes.add(); });
  for (int i = 0; i < 100; ++i) write(file, std::to_string(i));
  EXPECT_TRUE(changes.reaches(1));
  EXPECT_LE(changes.count(), 3);
}

}  // namespace
}  // namespace gw::config
