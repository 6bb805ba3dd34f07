package io.llamamesh.agent.main;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Partitions by the word of one agent. */
@Command(
    name = "partitions",
    mixinStandardHelpOptions = true,
    description = "Prints which agents cannot reach which others, as one agent knows it.",
    exitCodeList = {"0:No partition.", "1:An error, or wrong use.", "2:A partition."})
final class PartitionsCommand implements Callable<Integer> {

  @Mixin private AgentQueryOptions query = new AgentQueryOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    return query.print(query.client().partitions());
  }
}
