//! A line between a program and its database that a test can cut, or make silent.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Open,
    /// Every connection ends at once, new ones too.
    Cut,
    /// Connections stay, and nothing comes through any more.
    Silent,
}

struct Shared {
    line: Mutex<Line>,
    changed: Condvar,
    ends: Mutex<Vec<TcpStream>>,
}

/// Listens on a port of its own and passes everything on.
pub struct Proxy {
    pub port: u16,
    shared: Arc<Shared>,
}

impl Proxy {
    pub fn to(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared =
            Arc::new(Shared { line: Mutex::new(Line::Open), changed: Condvar::new(), ends: Mutex::new(Vec::new()) });
        let of_thread = Arc::clone(&shared);
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                of_thread.accept(near, server);
            }
        });
        Proxy { port, shared }
    }

    /// Every connection ends at once, new ones too.
    pub fn cut(&self) {
        self.set(Line::Cut);
        self.end_all();
    }

    /// Nothing comes through any more, and nobody is told.
    pub fn silence(&self) {
        self.set(Line::Silent);
    }

    /// What waited in silence ends, as when TCP itself has given up.
    pub fn give_up(&self) {
        self.end_all();
    }

    /// New connections come through again.
    pub fn mend(&self) {
        self.end_all();
        self.set(Line::Open);
    }

    fn set(&self, line: Line) {
        *self.shared.line.lock().unwrap() = line;
        self.shared.changed.notify_all();
    }

    fn end_all(&self) {
        for end in self.shared.ends.lock().unwrap().drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, near: TcpStream, server: u16) {
        match *self.line.lock().unwrap() {
            Line::Cut => return,
            Line::Silent => return self.ends.lock().unwrap().push(near),
            Line::Open => {}
        }
        // A server that is down: the near end closes, as a connection to it would.
        let Ok(far) = TcpStream::connect(("127.0.0.1", server)) else { return };
        let pairs = [
            (near.try_clone().unwrap(), far.try_clone().unwrap()),
            (far.try_clone().unwrap(), near.try_clone().unwrap()),
        ];
        self.ends.lock().unwrap().extend([near, far]);
        for (from, to) in pairs {
            let shared = Arc::clone(self);
            std::thread::spawn(move || shared.pump(from, to));
        }
    }

    fn pump(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = [0; 16 * 1024];
        while let Ok(read) = from.read(&mut buffer)
            && read > 0
        {
            let mut line = self.line.lock().unwrap();
            while *line == Line::Silent {
                line = self.changed.wait(line).unwrap();
            }
            drop(line);
            if to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    }
}
