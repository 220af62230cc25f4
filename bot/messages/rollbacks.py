"""What is said of rollbacks: of the execution that brings a stage back, and of the one that failed in it (section 15)."""

from bot.model.execution import Execution, ExecutionStatus


def what(execution: Execution) -> str:
    """What a rollback does, behind "is" or "has": `rolling prod back to execution 3`; "" for any other execution."""
    back = execution.rollback
    if back is None:
        return ""
    target = f"{back.stage} back to execution {back.target_number}"
    match execution.status:
        case ExecutionStatus.SUCCEEDED:
            return f"rolled {target}"
        case ExecutionStatus.FAILED:
            return f"failed to roll {target}"
        case _:
            return f"rolling {target}"


def followed(execution: Execution) -> str:
    """That its failure has been rolled back; "" where it has not."""
    number = execution.rolled_back_by_number
    return f"rolled back by execution {number}" if number else ""
