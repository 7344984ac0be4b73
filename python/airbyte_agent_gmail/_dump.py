"""The commonly used methods of pydantic's models, for classes without pydantic."""


class Dump:
    """``model_dump``, ``model_dump_json``, and iteration over the fields as in ``dict(result)``."""

    __slots__ = ()

    def _names(self):
        return self.__dataclass_fields__

    def model_dump(self, *, include=None, exclude=None, exclude_none=False, **_options):
        """The fields as a dict."""
        return {
            name: value
            for name in self._names()
            if (include is None or name in include)
            and name not in (exclude or ())
            and ((value := getattr(self, name)) is not None or not exclude_none)
        }

    def model_dump_json(self, *, indent=None, **options):
        """The fields as JSON."""
        import json

        separators = None if indent else (",", ":")
        dumped = self.model_dump(**options)
        return json.dumps(dumped, indent=indent, separators=separators, ensure_ascii=False)

    def __iter__(self):
        return iter(self.model_dump().items())
