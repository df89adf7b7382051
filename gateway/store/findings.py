"""What people found: how each finding is kept with its incident, and read again."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, RowMapping, insert, select

from gateway.finding import Finding, FindingSource
from gateway.store.tables import findings
from gateway.workflow.case import Actor, Party


def add_finding(connection: Connection, incident_id: str, finding: Finding) -> None:
    """Keep what is known of a finding, within the transaction of its incident."""
    connection.execute(
        insert(findings).values(
            incident_id=incident_id,
            source=finding.source,
            party=finding.by.party,
            by=finding.by.name,
            text=finding.text,
            place=finding.place,
            latitude=finding.latitude,
            longitude=finding.longitude,
            round_id=finding.round_id,
        )
    )


def findings_of(connection: Connection, incident_ids: Sequence[str]) -> Mapping[str, Finding]:
    """Return the findings behind those of these incidents that people found."""
    query = select(findings).where(findings.c.incident_id.in_(incident_ids))
    rows = connection.execute(query).mappings()
    return {row["incident_id"]: _finding(row) for row in rows}


def _finding(row: RowMapping) -> Finding:
    return Finding(
        source=FindingSource(row["source"]),
        by=Actor(Party(row["party"]), row["by"]),
        text=row["text"],
        place=row["place"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        round_id=row["round_id"],
    )
