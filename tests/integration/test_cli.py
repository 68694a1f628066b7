"""The command line as a newcomer meets it, and `config check`, which must say what a start would."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from harness import BINARY, PATIENCE, Gateway

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "data/config"


def smartroute(*arguments, env=None, cwd=None):
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE,
                          stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}, cwd=cwd)


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class CommandLine(unittest.TestCase):
    def test_help_and_version_go_to_standard_output(self):
        for arguments, wanted in ((["--version"], "smartroute 0."), (["--help"], "serve"), (["serve", "--help"], "SMARTROUTE_DATA_DIR"),
                                  (["config", "--help"], "check"), (["config", "check", "--help"], "FILE"),
                                  (["providers", "--help"], "list"), (["providers", "list", "--help"], "NAME")):
            with self.subTest(arguments):
                run = smartroute(*arguments)
                self.assertEqual((run.returncode, run.stderr), (0, ""))
                self.assertIn(wanted, run.stdout)
                self.assertNotIn(BINARY, run.stdout, "the name, not where it lies")

    def test_a_command_line_that_makes_no_sense_says_what_to_write(self):
        cases = [
            ([], {}, "Usage: smartroute"),
            (["frobnicate"], {}, 'there is no command "frobnicate"'),
            (["config"], {}, "Usage: smartroute config"),
            (["config", "chek"], {}, 'smartroute config: there is no command "chek"'),
            (["config", "check"], {}, "FILE is required"),
            (["providers"], {}, "Usage: smartroute providers"),
            (["serve", "--bogus"], {}, "--bogus"),
            (["serve", "--port", "abc"], {}, '"abc" is no port (--port, SMARTROUTE_PORT); give a number from 0 to 65535'),
            (["serve", "--port", "65536"], {}, '"65536" is no port'),
            (["serve"], {"SMARTROUTE_PORT": "8080x"}, '"8080x" is no port'),
            (["serve", "--bind", "localhost"], {}, '"localhost" is no address'),
            (["serve", "--log", "verbose"], {}, "use debug, info, warn, error or off"),
        ]
        for arguments, env, wanted in cases:
            with self.subTest(arguments), tempfile.TemporaryDirectory() as folder:
                run = smartroute(*arguments, env=env, cwd=folder)
                self.assertEqual((run.returncode, run.stdout), (2, ""))
                self.assertIn(wanted, run.stderr)
                self.assertEqual(os.listdir(folder), [], "nothing was made")

    def test_providers_are_listed_as_a_table(self):
        run = smartroute("providers", "list")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        lines = run.stdout.splitlines()
        self.assertEqual(lines[0].split(), ["PRESET", "PROTOCOL", "ERRORS", "OF", "MODELS", "BASE", "URL"])
        rows = {line.split()[0]: line for line in lines[1:]}
        self.assertIn("https://generativelanguage.googleapis.com/v1beta", rows["gemini"])
        self.assertIn("yours: https://RESOURCE.openai.azure.com/openai/v1", rows["azure"])
        column = lines[0].index("BASE URL")
        self.assertEqual({line[column - 1] for line in lines}, {" "}, "the columns stand")
        models = smartroute("providers", "list", "deepseek")
        self.assertRegex(models.stdout, r"(?m)^deepseek-v4-pro +1000000 +384000 +1\.32 +3\.96 +2026-\d\d-\d\d$")
        unknown = smartroute("providers", "list", "nobody")
        self.assertEqual((unknown.returncode, unknown.stdout), (1, ""))
        self.assertIn("there are: anthropic, azure", unknown.stderr)


class ConfigCheck(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory(prefix="smartroute-cli-")
        cls.folder = pathlib.Path(cls.holder.name)
        for name in ("good", "other"):
            openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout",
                    cls.folder / f"{name}.key", "-out", cls.folder / f"{name}.pem")
        openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", cls.folder / "ec.key")
        openssl("rsa", "-aes256", "-passout", "pass:secret", "-in", cls.folder / "good.key", "-out", cls.folder / "encrypted.key")
        (cls.folder / "empty.pem").write_text("")

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    def config(self, **sections):
        return {"schema_version": 1, "general": {"gateway_api_key": "a-key-of-some-length"},
                "models": {"t1": [{"model": "m", "provider": "p"}]},
                "providers": {"custom": {"p": {"base_url": "https://p.example/v1"}}}, **sections}

    def tls(self, cert, key):
        return self.config(server={"tls": {"cert": str(self.folder / cert), "key": str(self.folder / key)}})

    def provider(self, **settings):
        return self.config(providers={"custom": {"p": {"base_url": "https://p.example/v1", **settings}}})

    def check_and_serve(self, config):
        """What a check says, what a start says; and neither writes."""
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "config.json"
            file.write_text(config if isinstance(config, str) else json.dumps(config))
            before = file.read_text()
            check = smartroute("config", "check", file, "--data", folder)
            self.assertEqual(os.listdir(folder), ["config.json"])
            serve = smartroute("serve", "--data", folder, "--port", "0")
            self.assertEqual(file.read_text(), before, "a bad file is never touched")
            return check, serve

    def test_what_a_check_refuses_a_start_refuses_in_the_same_words(self):
        cases = [
            ("another key", self.tls("good.pem", "other.key"), "server.tls.key: the key in "),
            ("a key of another kind", self.tls("good.pem", "ec.key"), "server.tls.key: the key in "),
            ("an encrypted key", self.tls("good.pem", "encrypted.key"), "encrypted.key is encrypted"),
            ("a certificate for a key", self.tls("good.pem", "good.pem"), "server.tls.key: "),
            ("a key for a certificate", self.tls("good.key", "good.key"), "server.tls.cert: "),
            ("no certificate there", self.tls("none.pem", "good.key"), "server.tls.cert: is no file that can be read"),
            ("authorities", self.provider(ca_file=str(self.folder / "good.key")), "providers.custom.p.ca_file: "),
            ("no authorities", self.provider(ca_file=str(self.folder / "empty.pem")), "providers.custom.p.ca_file: "),
            ("a variable", self.provider(api_key="env:SMARTROUTE_NOT_SET"), "SMARTROUTE_NOT_SET, which is not set"),
            ("a secret's file", self.provider(api_key="file:/none"), "providers.custom.p.api_key: names /none"),
            ("an address", self.config(server={"bind": "localhost"}), 'server.bind: is "localhost"'),
            ("syntax", '{\n "名": 1,\n}', "is not valid JSON at line 3, column 1"),
            ("a folder's name", self.config(server={"tls": {"cert": "/", "key": "/"}}), "server.tls.cert: is no file"),
        ]
        for name, config, wanted in cases:
            with self.subTest(name):
                check, serve = self.check_and_serve(config)
                self.assertEqual((check.returncode, serve.returncode), (1, 1), check.stdout + check.stderr)
                self.assertIn(wanted, check.stderr)
                self.assertEqual(check.stderr.split("\n", 1)[1], serve.stderr.split("\n", 1)[1])

    def test_all_problems_at_once(self):
        config = self.tls("good.pem", "other.key")
        config["router"] = {"mode": "自动"}
        config["models"]["t1"].append({"model": "通义千问", "provider": "阿里云"})
        check, _ = self.check_and_serve(config)
        self.assertIn("3 problems", check.stderr)
        for wanted in ("server.tls.key: ", "router.mode: ", 'models.t1[1].provider: is "阿里云"'):
            self.assertIn(wanted, check.stderr)

    def test_where_the_gateway_would_run(self):
        file = self.folder / "config.json"
        file.write_text(json.dumps(self.config(server={"bind": "203.0.113.77"})))
        check = smartroute("config", "check", file, "--data", self.folder / "good.pem")
        self.assertEqual(check.returncode, 1)
        self.assertIn("203.0.113.77 is no address of this machine", check.stderr)
        self.assertIn("good.pem is a file; choose another (--data DIR)", check.stderr)
        file.write_text(json.dumps(self.tls("good.pem", "good.key")))
        with tempfile.TemporaryDirectory() as elsewhere:
            check = smartroute("config", "check", file, env={"SMARTROUTE_DATA_DIR": str(self.folder / "later")}, cwd=elsewhere)
            self.assertEqual((check.returncode, check.stderr), (0, ""))
            self.assertFalse((self.folder / "later").exists())

    def test_files_that_are_none(self):
        for file, wanted in ((self.folder / "missing.json", "No such file"), (self.folder, "Is a directory")):
            check = smartroute("config", "check", file, "--data", self.folder)
            self.assertEqual(check.returncode, 1)
            self.assertEqual(check.stderr.splitlines()[0], f"{file}: 1 problem")
            self.assertIn("cannot be read: " + wanted, check.stderr)

    def test_every_release_s_default_is_good_for_ever(self):
        files = sorted(FIXTURES.glob("default-*.json"))
        self.assertTrue(files)
        for file in files:
            with self.subTest(file.name), tempfile.TemporaryDirectory() as folder:
                check = smartroute("config", "check", file, "--data", folder)
                self.assertEqual((check.returncode, check.stderr), (0, ""))
                with Gateway(file.read_text()) as gateway:
                    self.assertEqual(gateway.request("GET", "/v1/models").status, 200)

    def test_a_running_gateway_is_no_problem_and_not_disturbed(self):
        with Gateway() as gateway:
            config = json.loads((gateway.path / "config.json").read_text())
            config["server"] = {"bind": "127.0.0.1", "port": gateway.port}
            file = self.folder / "config.json"
            file.write_text(json.dumps(config))
            check = smartroute("config", "check", file, "--data", gateway.path)
            self.assertEqual((check.returncode, check.stderr), (0, ""))
            self.assertEqual(gateway.request("GET", "/healthz").status, 200)

    def test_an_edit_with_a_bad_file_of_a_provider_is_refused_and_shown(self):
        with Gateway(self.config()) as gateway:
            gateway.write(self.provider(ca_file=str(self.folder / "empty.pem")))
            headers = {"Authorization": "Bearer a-key-of-some-length"}

            def problems():
                return gateway.request("GET", "/api/status", headers=headers).json()["config_problems"]

            gateway.eventually(problems, "the edit is seen")
            self.assertEqual([one["path"] for one in problems()], ["providers.custom.p.ca_file"])
            gateway.write(self.config())
            gateway.eventually(lambda: not problems(), "and put right")


if __name__ == "__main__":
    unittest.main()
