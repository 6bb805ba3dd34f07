package io.llamamesh.bench.attack;

import io.llamamesh.bench.attack.Attack.Attempted;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Attacks by parties that the mesh has to do with: an agent, a store, a pod beside it. */
final class HostilePartyAttacks {

  private static final int UNAUTHORIZED = 401;
  private static final int TOO_MANY = 429;
  private static final int UNANSWERED = 0;

  private HostilePartyAttacks() {}

  /** An agent that answers the scraper with all that is bad. */
  static final class Agent implements Attack {
    @Override
    public String name() {
      return "hostile-agent";
    }

    @Override
    public String mustHold() {
      return "it costs itself alone";
    }

    @Override
    public Attempted run(AttackedMesh mesh, Instant end) throws InterruptedException {
      long before = mesh.hostile().answers();
      mesh.hostile().setActive(true);
      try {
        while (Instant.now().isBefore(end)) {
          Thread.sleep(Duration.ofMillis(100));
        }
      } finally {
        mesh.hostile().setActive(false);
      }
      long answers = mesh.hostile().answers() - before;
      return Attempted.when(answers > 0, answers, answers + " bad answers");
    }
  }

  /** A store that takes nothing and answers in bad ways. */
  static final class Store implements Attack {
    @Override
    public String name() {
      return "hostile-store";
    }

    @Override
    public String mustHold() {
      return "all windows come once it is whole again";
    }

    @Override
    public Attempted run(AttackedMesh mesh, Instant end) throws InterruptedException {
      long before = mesh.ledger().refused();
      mesh.ledger().setBroken(true);
      try {
        while (Instant.now().isBefore(end)) {
          Thread.sleep(Duration.ofMillis(100));
        }
      } finally {
        mesh.ledger().setBroken(false);
      }
      long refused = mesh.ledger().refused() - before;
      return Attempted.when(refused > 0, refused, refused + " writes answered badly");
    }
  }

  /** A pod without a token that posts, registers, writes to the store of the fabric, and asks. */
  static final class Pod implements Attack {
    private static final String JSON = "application/json";

    private static String window(String time, String source) {
      return """
      [{"measurement":"raw_stats","time":"%s",
        "tags":{"src_name":"%s","dst_name":"agent-2","port":"default"},
        "fields":{"sent":80,"received":80,"lost":0}}]
      """
          .formatted(time, source);
    }

    @Override
    public String name() {
      return "hostile-pod";
    }

    @Override
    public String mustHold() {
      return "all that it asks for is refused";
    }

    @Override
    public Attempted run(AttackedMesh mesh, Instant end) throws IOException, InterruptedException {
      long tries = 0;
      long taken = 0;
      while (Instant.now().isBefore(end)) {
        String now = Instant.ofEpochSecond(Instant.now().getEpochSecond()).toString();
        for (String name : List.of(AttackedMesh.BAD_SOURCE, "intruder")) {
          taken += taken(mesh.post(mesh.ingestUrl() + "/ingest", JSON, window(now, name)));
          tries++;
        }
        int agent = (int) (tries % mesh.agents()) + 1;
        String api = mesh.agentUrl(agent);
        taken += taken(mesh.post(api + "/v1/kv/node/agent-1/ops", JSON, "[{\"op\":\"set\"}]"));
        taken += taken(mesh.post(api + "/v1/burst", JSON, "{\"node\":\"agent-2\"}"));
        taken += taken(mesh.post(api + "/v1/silences", JSON, "{\"node\":\"agent-1\"}"));
        taken += taken(mesh.post(api + "/v1/multicast/all", JSON, "hello"));
        taken += taken(mesh.status(api + "/influxdata"));
        taken += taken(mesh.status(api + "/v1/kv?pattern=*"));
        tries += 6;
        String registration =
            "{\"ip\":\"192.0.2.%d\",\"port\":8100,\"group\":\"g%d\"}".formatted(tries % 250, tries);
        taken += taken(mesh.post(mesh.registryUrl() + "/api/v1/register", JSON, registration));
        tries++;
        Thread.sleep(Duration.ofMillis(50));
      }
      boolean named = mesh.ledger().sources().contains("intruder");
      return Attempted.when(
          taken == 0 && !named, tries, taken + " taken" + (named ? ", one stored" : ""));
    }

    /** 1 where a request was done; 0 where it was refused or got no answer. */
    private static int taken(int status) {
      return status == UNAUTHORIZED || status == TOO_MANY || status == UNANSWERED ? 0 : 1;
    }
  }
}
