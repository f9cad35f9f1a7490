import java.nio.file.Path;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;

/** A Neo4j server for tests: `TestServer HOME PORT`; it ends when its standard input closes. */
public class TestServer {
    private static final long PAGE_CACHE_BYTES = 256L * 1024 * 1024;

    public static void main(String[] arguments) throws Exception {
        SocketAddress address =
            new SocketAddress("127.0.0.1", Integer.parseInt(arguments[1]));
        DatabaseManagementService service =
            new DatabaseManagementServiceBuilder(Path.of(arguments[0]))
                .setConfig(BoltConnector.enabled, true)
                .setConfig(BoltConnector.listen_address, address)
                .setConfig(BoltConnector.advertised_address, address)
                .setConfig(GraphDatabaseSettings.auth_enabled, false)
                .setConfig(GraphDatabaseSettings.pagecache_memory, PAGE_CACHE_BYTES)
                .build();
        System.out.println("READY");
        System.out.flush();
        while (System.in.read() >= 0) {
            // Whatever is said is passed over; only the end counts.
        }
        service.shutdown();
        System.exit(0);
    }
}
