import io.siddhi.core.SiddhiAppRuntime;
import io.siddhi.core.SiddhiManager;
import io.siddhi.core.event.Event;
import io.siddhi.core.stream.input.InputHandler;
import io.siddhi.core.stream.output.StreamCallback;

final class SiddhiPeer extends Peer {
    private InputHandler input;

    public static void main(String[] args) throws Exception {
        new SiddhiPeer().run(args);
    }

    @Override
    void start(String lane, int rules) {
        StringBuilder app = new StringBuilder("@app:playback define stream S (at long, user string, ip string, outcome string);\n");
        for (int i = 0; i < rules; i++) {
            app.append(query(lane, i)).append('\n');
        }
        SiddhiAppRuntime runtime = new SiddhiManager().createSiddhiAppRuntime(app.toString());
        for (int i = 0; i < rules; i++) {
            runtime.addCallback("Out" + i, new StreamCallback() {
                @Override
                public void receive(Event[] events) {
                    for (Event e : events) {
                        fired((String) e.getData(0), (Long) e.getData(1));
                    }
                }
            });
        }
        input = runtime.getInputHandler("S");
        runtime.start();
    }

    private static String query(String lane, int i) {
        String counted = " insert into Out" + i + ";";
        int atLeast = 10 + i;
        return switch (lane) {
            case "count" -> "from S[outcome == 'failure']#window.externalTime(at, 60 sec) select user, at, count() as n group by user having n >= " + atLeast + counted;
            case "distinct" -> "from S[outcome == 'failure']#window.externalTime(at, 60 sec) select user, at, distinctCount(ip) as n group by user having n >= " + atLeast + counted;
            default -> "partition with (user of S) begin from every e1=S[outcome == 'failure'] -> e2=S[outcome == 'success'] within 60 sec select e2.user as user, e2.at as at" + counted + " end;";
        };
    }

    @Override
    void send(long at, String user, String ip, String outcome) throws Exception {
        input.send(at, new Object[] {at, user, ip, outcome});
    }
}
