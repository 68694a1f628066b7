"""Replies held against openapi/*.yaml: status, content type, headers and body must be what the document says, and an
object may have no member that it does not name. JSON Schema as far as the documents use it; a keyword that is not known
here is an error, so that no rule is passed over in silence."""

import json
import pathlib
import re
import subprocess

DOCUMENTS = pathlib.Path(__file__).resolve().parents[2] / "openapi"
SAYS_NOTHING = {"description", "title", "format", "examples"}
TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "null": lambda v: v is None,
}


def read_yaml(file):
    """With Debian's python3-yaml, which belongs to Debian's python3; that need not be the first on PATH."""
    script = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1], encoding='utf-8')), sys.stdout)"
    run = subprocess.run(["/usr/bin/python3", "-c", script, str(file)], capture_output=True, text=True)
    if run.returncode != 0:
        raise AssertionError(f"{file} cannot be read; is python3-yaml installed?\n{run.stderr}")
    return json.loads(run.stdout)


class Mismatch(AssertionError):
    pass


class Contract:
    def __init__(self, name):
        self.name = name
        self.document = read_yaml(DOCUMENTS / name)

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            path = node["$ref"].split("/")[1:]
            node = self.document
            for part in path:
                node = node[part]
        return node

    def schema(self, name):
        return self.document["components"]["schemas"][name]

    def responses(self, method, path):
        return self.document["paths"][path][method.lower()]["responses"]

    def check(self, method, path, reply):
        """`path` as the document writes it. Raises Mismatch; gives back the description that was met."""
        where = f"{self.name}: {method} {path} {reply.status}"
        responses = self.responses(method, path)
        if str(reply.status) not in responses:
            raise Mismatch(f"{where} is not among the answers: {reply.body[:200]}")
        response = self.resolve(responses[str(reply.status)])
        for name, header in response.get("headers", {}).items():
            self.check_header(self.resolve(header), reply.headers.get(name), f"{where}: header {name}")
        content = response.get("content", {})
        kind = reply.headers.get("content-type", "").split(";")[0]
        if not content:
            if reply.body or kind:
                raise Mismatch(f"{where} has a body that is not described")
            return response
        if kind not in content:
            raise Mismatch(f"{where} has content type {kind!r}, not one of {list(content)}")
        if kind == "application/json":
            self.validate(reply.json(), content[kind]["schema"], where)
        return response

    def check_header(self, header, value, where):
        if value is not None:
            self.validate(value, header["schema"], where)
        elif header.get("required"):
            raise Mismatch(f"{where} is missing")

    def validate(self, value, schema, where):
        schema = self.resolve(schema)
        for keyword, rule in schema.items():
            if keyword in SAYS_NOTHING:
                continue
            check = getattr(self, "check_" + keyword, None)
            if check is None:
                raise NotImplementedError(f"{where}: the keyword {keyword} is not known here")
            check(value, rule, schema, where)
        if isinstance(value, dict) and TYPES["object"](value) and "additionalProperties" not in schema:
            self.check_additionalProperties(value, False, schema, where)

    @staticmethod
    def check_type(value, rule, _schema, where):
        kinds = rule if isinstance(rule, list) else [rule]
        if not any(TYPES[kind](value) for kind in kinds):
            raise Mismatch(f"{where}: {value!r} is no {' or '.join(kinds)}")

    @staticmethod
    def check_const(value, rule, _schema, where):
        if value != rule or type(value) is not type(rule):
            raise Mismatch(f"{where}: {value!r} is not {rule!r}")

    @staticmethod
    def check_enum(value, rule, _schema, where):
        if value not in rule:
            raise Mismatch(f"{where}: {value!r} is not one of {rule}")

    @staticmethod
    def check_minimum(value, rule, _schema, where):
        if TYPES["number"](value) and value < rule:
            raise Mismatch(f"{where}: {value} is less than {rule}")

    @staticmethod
    def check_minItems(value, rule, _schema, where):
        if isinstance(value, list) and len(value) < rule:
            raise Mismatch(f"{where}: {len(value)} items are less than {rule}")

    @staticmethod
    def check_pattern(value, rule, _schema, where):
        if isinstance(value, str) and not re.search(rule, value):
            raise Mismatch(f"{where}: {value!r} does not match {rule}")

    @staticmethod
    def check_required(value, rule, _schema, where):
        if isinstance(value, dict) and not set(rule) <= set(value):
            raise Mismatch(f"{where}: {sorted(set(rule) - set(value))} missing")

    def check_properties(self, value, rule, _schema, where):
        if isinstance(value, dict):
            for name in rule.keys() & value.keys():
                self.validate(value[name], rule[name], f"{where}.{name}")

    def check_additionalProperties(self, value, rule, schema, where):
        if not isinstance(value, dict) or rule is True:
            return
        more = sorted(value.keys() - schema.get("properties", {}).keys())
        if isinstance(rule, dict):
            for name in more:
                self.validate(value[name], rule, f"{where}.{name}")
        elif more:
            raise Mismatch(f"{where}: {more} are not described")

    def check_anyOf(self, value, rule, _schema, where):
        complaints = []
        for one in rule:
            try:
                self.validate(value, one, where)
                return
            except Mismatch as mismatch:
                complaints.append(str(mismatch))
        raise Mismatch(" and ".join(complaints))

    def check_items(self, value, rule, _schema, where):
        if isinstance(value, list):
            for index, item in enumerate(value):
                self.validate(item, rule, f"{where}[{index}]")
