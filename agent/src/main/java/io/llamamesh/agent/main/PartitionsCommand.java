package io.llamamesh.agent.main;

import io.llamamesh.agent.http.FabricText;
import io.llamamesh.client.FabricClient;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Partitions by the word of one agent. */
@Command(
    name = "partitions",
    mixinStandardHelpOptions = true,
    description = "Prints which agents cannot reach which others, as one agent knows it.",
    footer = {"", "With --watch it ends by Ctrl-C, with the shell's 130."},
    exitCodeList = {"0:No partition.", "1:An error, or wrong use.", "2:A partition."})
final class PartitionsCommand implements Callable<Integer> {

  @Mixin private FabricQueryOptions query = new FabricQueryOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    return query.run(
        FabricClient::partitions, FabricClient::watchPartitions, FabricText::partitions);
  }
}
