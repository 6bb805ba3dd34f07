package io.llamamesh.agent.main;

import io.llamamesh.agent.http.FabricClient;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of commands that ask an agent: its URL, and the format of the answer. */
final class AgentQueryOptions {

  private static final int BAD = 2;
  private static final int MAX_TOKEN = 4_096;

  @Option(
      names = "--server",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:8100",
      description = "The API of any agent (default: ${DEFAULT-VALUE}).")
  private String server = "";

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "File with the token that the agent requires (default: none is sent).")
  private @Nullable Path tokenFile;

  @Option(names = "--json", description = "Prints the agent's document instead of a table.")
  private boolean json;

  FabricClient client() throws IOException {
    Path file = tokenFile;
    if (file == null) {
      return new FabricClient(server, null);
    }
    if (Files.size(file) > MAX_TOKEN) {
      throw new IOException(file + " is longer than a token");
    }
    return new FabricClient(server, Files.readString(file).strip());
  }

  /** Prints an answer; returns the exit code. */
  int print(FabricClient.Answer answer) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.print(json ? answer.json() : answer.text());
    out.flush();
    return answer.isWell() ? 0 : BAD;
  }
}
