#include "base/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

namespace gw {
namespace {

namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  FileTest() {
    std::string name = (fs::temp_directory_path() / "smartroute-file-XXXXXX").string();
    dir_ = ::mkdtemp(name.data());
  }

  ~FileTest() override { fs::remove_all(dir_); }

  fs::path dir_;
};

TEST_F(FileTest, writing_replaces_whole_privately_and_leaves_no_temporary) {
  ASSERT_TRUE(write_atomically(dir_ / "f", "a longer text"));
  ASSERT_TRUE(write_atomically(dir_ / "f", "two"));
  EXPECT_EQ(read_file(dir_ / "f", 100).value(), "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_), fs::directory_iterator()), 1);

  struct stat info {};

  ASSERT_EQ(::stat((dir_ / "f").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(FileTest, a_folder_that_is_not_there_is_named) {
  const auto written = write_atomically(dir_ / "none" / "f", "x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::io);
  EXPECT_NE(written.error().message.find("none/f"), std::string::npos);
}

TEST_F(FileTest, a_target_that_cannot_be_replaced_is_left_without_a_temporary) {
  fs::create_directory(dir_ / "f");
  EXPECT_FALSE(write_atomically(dir_ / "f", "x"));
  EXPECT_FALSE(fs::exists(dir_ / "f.new"));
}

TEST_F(FileTest, reads_what_is_there_up_to_the_limit) {
  const std::string text(70'000, 'x');
  ASSERT_TRUE(write_atomically(dir_ / "f", text));
  EXPECT_EQ(read_file(dir_ / "f", text.size()).value(), text);
  EXPECT_FALSE(read_file(dir_ / "f", text.size() - 1));
  EXPECT_FALSE(read_file("/dev/zero", 1000)) << "a file without an end";
}

TEST_F(FileTest, a_folder_and_nothing_are_errors_and_not_empty) {
  EXPECT_FALSE(read_file(dir_, 100));
  EXPECT_FALSE(read_file(dir_ / "none", 100));
  EXPECT_FALSE(read_file(std::string(5000, 'a'), 100)) << "a name that is too long";
}

}  // namespace
}  // namespace gw
