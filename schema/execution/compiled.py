"""The executor: root fields are resolved by graphql-core, and what they return is completed by compiled functions."""

from typing import Any

from graphql import GraphQLOutputType, GraphQLResolveInfo, get_named_type, is_composite_type
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.context import Context
from schema.execution.compiling import Call, NotCompilable, compile_value
from schema.execution.plans import Plan, plan_of


class CompiledExecutor(StrawberryGraphQLCoreExecutionContext):
    """Completes a root field's value by one compiled function, and by graphql-core if that raises.

    graphql-core then starts again with the same value and finds the same error, which it reports with its message, path
    and locations. Starting again does no harm: below the roots, fields read attributes and change nothing
    (docs/decisions/0014-compiled-queries.md).
    """

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Returns the value of a field as it appears in the response."""
        # graphql-core calls this for each value below as well, at a longer path or with a part of the field's type.
        if path.prev is None and return_type is info.return_type and is_composite_type(get_named_type(return_type)):
            plan = self._plan(position_context)
            if plan is not None and plan.compiles:
                try:
                    return self._completed(plan, return_type, field_details_list, path, result)
                except NotCompilable:
                    plan.to_compile = 0
                except Exception:  # noqa: BLE001, S110  # graphql-core finds the same error, and reports it
                    pass
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)

    def _plan(self, position_context: Any) -> Plan | None:
        context, middleware = self.context_value, self.middleware_manager
        if isinstance(context, Context) and not context.services.fast_paths:
            return None
        if position_context is not None or self.abort_signal is not None or (middleware and middleware.middlewares):
            return None
        return plan_of(self.schema, self.operation, self.fragment_definitions, self.variable_values.coerced)

    def _completed(self, plan: Plan, of: GraphQLOutputType, details: FieldDetailsList, path: Path, result: Any) -> Any:
        call, key = Call(self, plan), str(path.key)
        function = plan.functions.get(key)
        if function is None:
            function = plan.functions[key] = compile_value(call, of, details)
        return function(result, call)
